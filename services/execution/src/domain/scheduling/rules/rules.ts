import { execution, type Instant } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';
import { aboveLimit, type QuotaRefusal, Rights, refusalOfQuota } from './quotas.ts';
import { promiseKey, type RulesState } from './rules-state.ts';

export type RulesEvent = Extract<execution.ExecutionEvent, { readonly type: keyof typeof execution.SchedulingEvents }>;

interface Said {
  readonly by: string;
  readonly at: Instant;
}

/** What is left out, or undefined, stays as it is. */
type Changed<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type RulesCommand = Said &
  (
    | { readonly type: 'SetQuota'; readonly quota: execution.Quota }
    | { readonly type: 'RemoveQuota'; readonly node: string }
    | { readonly type: 'SetClass'; readonly class: execution.PriorityClass }
    | { readonly type: 'RemoveClass'; readonly name: string }
    | { readonly type: 'SetPool'; readonly pool: execution.Pool }
    | { readonly type: 'RemovePool'; readonly name: string }
    | { readonly type: 'Promise'; readonly promise: execution.IslandPromise }
    | { readonly type: 'SetRules'; readonly rules: Changed<execution.SchedulerRules> }
  );

export type RulesRefusal =
  | QuotaRefusal
  | Rejection<'QuotaNotFound', object>
  | Rejection<'QuotaHasChildren', { readonly children: number }>
  | Rejection<'PriorityClassInUse', { readonly node: string }>
  | Rejection<'TooManyPriorityClasses' | 'TooManyPools' | 'TooManyPromises', { readonly limit: number }>
  | Rejection<'PoolNotFound', object>;

type RulesDecision = Decision<RulesEvent, RulesRefusal>;
type Of<T extends RulesCommand['type']> = Extract<RulesCommand, { type: T }>;

const isSame = (wish: object, known: object | undefined): boolean => {
  if (known === undefined) return false;
  const fields = new Map(Object.entries(known));
  return Object.entries(wish).every(([name, value]) => canonical(value) === canonical(fields.get(name)));
};

/** Amounts are equal in whatever order they are named. */
const canonical = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value).sort()) : JSON.stringify(value ?? null);

const setQuota = ({ quota, by, at }: Of<'SetQuota'>, { quotas, classes, promises }: RulesState): RulesDecision => {
  if (isSame(quota, quotas[quota.node])) return accept();
  const { highestClass } = quota;
  if (highestClass !== null && highestClass !== execution.normalClass && !classes[highestClass])
    return reject('PriorityClassNotFound', { name: highestClass });
  const rejection = refusalOfQuota({ quotas, promises }, quota);
  return rejection ? { accepted: false, rejection } : accept({ type: 'QuotaSet', data: { ...quota, by, at } });
};

const removeQuota = ({ node, by, at }: Of<'RemoveQuota'>, { quotas }: RulesState): RulesDecision => {
  if (!quotas[node]) return reject('QuotaNotFound', {});
  const children = Object.values(quotas).filter(({ parent }) => parent === node).length;
  return children > 0 ? reject('QuotaHasChildren', { children }) : accept({ type: 'QuotaRemoved', data: { node, by, at } });
};

const setClass = ({ class: wish, by, at }: Of<'SetClass'>, { classes }: RulesState): RulesDecision => {
  if (isSame(wish, classes[wish.name])) return accept();
  const limit = execution.mostPriorityClasses;
  if (!classes[wish.name] && Object.keys(classes).length >= limit) return reject('TooManyPriorityClasses', { limit });
  return accept({ type: 'PriorityClassSet', data: { ...wish, by, at } });
};

const removeClass = ({ name, by, at }: Of<'RemoveClass'>, { classes, quotas }: RulesState): RulesDecision => {
  if (!classes[name]) return reject('PriorityClassNotFound', { name });
  const user = Object.values(quotas).find(({ highestClass }) => highestClass === name);
  return user ? reject('PriorityClassInUse', { node: user.node }) : accept({ type: 'PriorityClassRemoved', data: { name, by, at } });
};

const setPool = ({ pool, by, at }: Of<'SetPool'>, { pools }: RulesState): RulesDecision => {
  if (isSame(pool, pools[pool.name])) return accept();
  const limit = execution.mostPools;
  if (!pools[pool.name] && Object.keys(pools).length >= limit) return reject('TooManyPools', { limit });
  return accept({ type: 'PoolSet', data: { ...pool, by, at } });
};

const promise = ({ promise: wish, by, at }: Of<'Promise'>, { quotas, promises }: RulesState): RulesDecision => {
  const key = promiseKey(wish);
  const known = promises[key];
  if (wish.count === (known?.count ?? 0)) return accept();
  const limit = execution.mostPromises;
  if (!known && Object.keys(promises).length >= limit) return reject('TooManyPromises', { limit });
  const after = { ...promises, [key]: { ...wish, setAt: at } };
  // Less than before is never too much.
  const rejection = wish.count < (known?.count ?? 0) ? undefined : aboveLimit(new Rights(quotas, after), wish.orgId);
  return rejection ? { accepted: false, rejection } : accept({ type: 'IslandsPromised', data: { ...wish, by, at } });
};

const setRules = ({ rules: wish, by, at }: Of<'SetRules'>, { rules }: RulesState): RulesDecision => {
  const said = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  return isSame(said, rules) ? accept() : accept({ type: 'SchedulerRulesSet', data: { ...rules, ...said, by, at } });
};

const decide = (command: RulesCommand, state: RulesState): RulesDecision => {
  const { by, at } = command;
  switch (command.type) {
    case 'SetQuota':
      return setQuota(command, state);
    case 'RemoveQuota':
      return removeQuota(command, state);
    case 'SetClass':
      return setClass(command, state);
    case 'RemoveClass':
      return removeClass(command, state);
    case 'SetPool':
      return setPool(command, state);
    case 'RemovePool':
      return state.pools[command.name] ? accept({ type: 'PoolRemoved', data: { name: command.name, by, at } }) : reject('PoolNotFound', {});
    case 'Promise':
      return promise(command, state);
    case 'SetRules':
      return setRules(command, state);
  }
};

const without = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  const { [key]: _, ...rest } = record;
  return rest;
};

/** What was said, without who said it. */
const kept = <D extends Said>({ by: _, at, ...said }: D) => ({ ...said, setAt: at });

const evolve = (state: RulesState, { type, data }: RulesEvent): RulesState => {
  switch (type) {
    case 'QuotaSet':
      return { ...state, quotas: { ...state.quotas, [data.node]: kept(data) } };
    case 'QuotaRemoved':
      return { ...state, quotas: without(state.quotas, data.node) };
    case 'PriorityClassSet':
      return { ...state, classes: { ...state.classes, [data.name]: kept(data) } };
    case 'PriorityClassRemoved':
      return { ...state, classes: without(state.classes, data.name) };
    case 'PoolSet':
      return { ...state, pools: { ...state.pools, [data.name]: kept(data) } };
    case 'PoolRemoved':
      return { ...state, pools: without(state.pools, data.name) };
    case 'IslandsPromised': {
      const key = promiseKey(data);
      return { ...state, promises: data.count === 0 ? without(state.promises, key) : { ...state.promises, [key]: kept(data) } };
    }
    case 'SchedulerRulesSet': {
      const { by: _by, at: _at, ...rules } = data;
      return { ...state, rules };
    }
  }
};

/** What operators have decided about scheduling: one stream, so that each decision sees all others. */
export const SchedulingRules: Decider<RulesCommand, RulesEvent, RulesState, RulesRefusal> = {
  initial: { quotas: {}, classes: {}, pools: {}, promises: {}, rules: execution.schedulerDefaults },
  decide,
  evolve,
};

export const rulesStream = 'scheduling-platform';
