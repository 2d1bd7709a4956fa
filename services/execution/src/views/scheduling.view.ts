import { execution, type OrgId } from '@orrery/contracts';
import { type EventStore, instant, integer, json, nullable, real, text, uuid, view } from '@orrery/event-store';
import { promiseKey } from '../domain/scheduling/rules/rules-state.ts';
import { type ExecutionFact, isOfRules } from './kinds.ts';

/** The quota tree as it is set. */
export const quotas = view({
  name: 'quotas',
  table: 'quotas',
  columns: {
    node: text(),
    parent: nullable(text()),
    weight: real(),
    guaranteedMilli: json<execution.Amounts>(),
    limitMilli: json<execution.Amounts>(),
    highestClass: nullable(text()),
    setAt: instant(),
  },
  key: ['node'],
  fold: (fact: ExecutionFact) => {
    if (!isOfRules(fact)) return [];
    const { type, data } = fact.event;
    if (type === 'QuotaRemoved') return [{ drop: { node: data.node } }];
    if (type !== 'QuotaSet') return [];
    const { by: _, at: setAt, ...quota } = data;
    return [{ put: { ...quota, setAt } }];
  },
});

export const priorityClasses = view({
  name: 'priority-classes',
  table: 'priority_classes',
  columns: { name: text(), rank: integer(), description: text(), setAt: instant() },
  key: ['name'],
  fold: (fact: ExecutionFact) => {
    if (!isOfRules(fact)) return [];
    const { type, data } = fact.event;
    if (type === 'PriorityClassRemoved') return [{ drop: { name: data.name } }];
    if (type !== 'PriorityClassSet') return [];
    const { by: _, at: setAt, ...named } = data;
    return [{ put: { ...named, setAt } }];
  },
});

export const pools = view({
  name: 'pools',
  table: 'pools',
  columns: { name: text(), policy: text<execution.PlacementPolicy>(), setAt: instant() },
  key: ['name'],
  fold: (fact: ExecutionFact) => {
    if (!isOfRules(fact)) return [];
    const { type, data } = fact.event;
    if (type === 'PoolRemoved') return [{ drop: { name: data.name } }];
    if (type !== 'PoolSet') return [];
    const { by: _, at: setAt, ...pool } = data;
    return [{ put: { ...pool, setAt } }];
  },
});

export const islandPromises = view({
  name: 'island-promises',
  table: 'island_promises',
  columns: { id: text(), orgId: uuid<OrgId>(), model: text(), size: integer(), count: integer(), setAt: instant() },
  key: ['id'],
  fold: (fact: ExecutionFact) => {
    if (!isOfRules(fact) || fact.event.type !== 'IslandsPromised') return [];
    const { by: _, at: setAt, ...promise } = fact.event.data;
    const id = promiseKey(promise);
    return [promise.count === 0 ? { drop: { id } } : { put: { id, ...promise, setAt } }];
  },
});

/** One row, once anything was changed. */
export const schedulerRules = view({
  name: 'scheduler-rules',
  table: 'scheduler_rules',
  columns: { id: text<'platform'>(), rules: json<execution.SchedulerRules>() },
  key: ['id'],
  fold: (fact: ExecutionFact) => {
    if (!isOfRules(fact) || fact.event.type !== 'SchedulerRulesSet') return [];
    const { by: _by, at: _at, ...rules } = fact.event.data;
    return [{ put: { id: 'platform' as const, rules } }];
  },
});

export const rulesNow = async (store: Pick<EventStore, 'read'>): Promise<execution.SchedulerRules> =>
  (await store.read(schedulerRules).one({ id: 'platform' }))?.rules ?? execution.schedulerDefaults;
