import { Controller } from '@nestjs/common';
import { execution, type InputOf, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { Serves } from '@orrery/messaging';
import { parentByPath } from '../../domain/scheduling/admission/quota-node.ts';
import { promiseKey } from '../../domain/scheduling/rules/rules-state.ts';
import { concerning, concerningPromise, ofRules, told, warningsOf } from '../../domain/scheduling/rules/warnings.ts';
import { islandPromises, pools, priorityClasses, quotas, rulesNow } from '../../views/scheduling.view.ts';
import { Rules } from './rules.ts';
import { RulesWarnings } from './warnings.ts';

const thereNow = <T>(set: T | undefined): T => {
  if (set === undefined) throw new TypeError('what was set is there');
  return set;
};

@Controller()
export class RulesHandler {
  private readonly store: EventStore;
  private readonly rules: Rules;
  private readonly warnings: RulesWarnings;

  constructor(store: EventStore, rules: Rules, warnings: RulesWarnings) {
    this.store = store;
    this.rules = rules;
    this.warnings = warnings;
  }

  @Serves(execution.SetQuota)
  async setQuota(input: InputOf<typeof execution.SetQuota>, context: RequestContext): Promise<OutputOf<typeof execution.SetQuota>> {
    const { node, parent = parentByPath(node) } = input;
    const today = await this.warnings.today(await this.warnings.decided(), context, [node]);
    return await this.rules.tell({ type: 'SetQuota', quota: { ...input, parent } }, context, (state) => ({
      quota: thereNow(state.quotas[node]),
      warnings: told(concerning(warningsOf(state, today), state, node)),
    }));
  }

  @Serves(execution.RemoveQuota)
  async removeQuota(
    { node }: InputOf<typeof execution.RemoveQuota>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemoveQuota>> {
    return await this.rules.tell({ type: 'RemoveQuota', node }, context, () => ({}));
  }

  @Serves(execution.ListQuotas)
  async listQuotas(
    { limit, cursor }: InputOf<typeof execution.ListQuotas>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.ListQuotas>> {
    const page = await this.store.read(quotas).page({ where: {}, order: { by: ['node'] }, limit, cursor });
    return { ...page, warnings: await this.warnings.all(context, systemClock.now()) };
  }

  @Serves(execution.SetPriorityClass)
  async setClass(
    input: InputOf<typeof execution.SetPriorityClass>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.SetPriorityClass>> {
    return await this.rules.tell({ type: 'SetClass', class: input }, context, ({ classes }) => thereNow(classes[input.name]));
  }

  @Serves(execution.RemovePriorityClass)
  async removeClass(
    { name }: InputOf<typeof execution.RemovePriorityClass>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemovePriorityClass>> {
    return await this.rules.tell({ type: 'RemoveClass', name }, context, () => ({}));
  }

  @Serves(execution.ListPriorityClasses)
  async listClasses({
    limit,
    cursor,
  }: InputOf<typeof execution.ListPriorityClasses>): Promise<OutputOf<typeof execution.ListPriorityClasses>> {
    return await this.store.read(priorityClasses).page({ where: {}, order: { by: ['name'] }, limit, cursor });
  }

  @Serves(execution.SetPool)
  async setPool(pool: InputOf<typeof execution.SetPool>, context: RequestContext): Promise<OutputOf<typeof execution.SetPool>> {
    return await this.rules.tell({ type: 'SetPool', pool }, context, (state) => thereNow(state.pools[pool.name]));
  }

  @Serves(execution.RemovePool)
  async removePool(
    { name }: InputOf<typeof execution.RemovePool>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemovePool>> {
    return await this.rules.tell({ type: 'RemovePool', name }, context, () => ({}));
  }

  @Serves(execution.ListPools)
  async listPools({ limit, cursor }: InputOf<typeof execution.ListPools>): Promise<OutputOf<typeof execution.ListPools>> {
    return await this.store.read(pools).page({ where: {}, order: { by: ['name'] }, limit, cursor });
  }

  @Serves(execution.PromiseIslands)
  async promise(
    promise: InputOf<typeof execution.PromiseIslands>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.PromiseIslands>> {
    const setAt = instantOf(systemClock.now());
    const today = await this.warnings.today(await this.warnings.decided(), context, [promise.orgId]);
    return await this.rules.tell({ type: 'Promise', promise }, context, (state) => ({
      promise: state.promises[promiseKey(promise)] ?? { ...promise, setAt },
      warnings: told(concerningPromise(warningsOf(state, today), promise)),
    }));
  }

  @Serves(execution.ListPromisedIslands)
  async listPromises(
    { limit, cursor }: InputOf<typeof execution.ListPromisedIslands>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.ListPromisedIslands>> {
    const { items, ...rest } = await this.store.read(islandPromises).page({ where: {}, order: { by: ['id'] }, limit, cursor });
    const warnings = await this.warnings.all(context, systemClock.now());
    return { items: items.map(({ id: _, ...promise }) => promise), ...rest, warnings };
  }

  @Serves(execution.SetSchedulerRules)
  async setRules(
    rules: InputOf<typeof execution.SetSchedulerRules>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.SetSchedulerRules>> {
    return await this.rules.tell({ type: 'SetRules', rules }, context, ({ rules: set }) => ({ ...set, warnings: ofRules(set) }));
  }

  @Serves(execution.GetSchedulerRules)
  async getRules(): Promise<OutputOf<typeof execution.GetSchedulerRules>> {
    const rules = await rulesNow(this.store);
    return { ...rules, warnings: ofRules(rules) };
  }
}
