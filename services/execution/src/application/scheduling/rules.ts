import { actorOf, instantOf, type RequestContext } from '@orrery/contracts';
import { type EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type RulesCommand, type RulesEvent, rulesStream, SchedulingRules } from '../../domain/scheduling/rules/rules.ts';
import type { RulesState } from '../../domain/scheduling/rules/rules-state.ts';

type Unsaid<C> = C extends RulesCommand ? Omit<C, 'by' | 'at'> : never;

/** What operators decide about scheduling: it belongs to the platform, and to no organization. */
export class Rules {
  private readonly handle;

  constructor(store: EventStore) {
    this.handle = handleWith(store, SchedulingRules, { name: 'scheduling', snapshots: { every: 100, shape: 'scheduling-1' } });
  }

  /** What is so after the command: told again as it was where the same command comes again. */
  async tell<A>(command: Unsaid<RulesCommand>, { orgId: _, ...context }: RequestContext, answer: (state: RulesState) => A): Promise<A> {
    const said = { ...command, by: actorOf(context.principal), at: instantOf(systemClock.now()) } as RulesCommand;
    const options = { input: command, answer: (_events: readonly RulesEvent[], state: RulesState): A => answer(state) };
    return refuse(await this.handle<A>(rulesStream, said, context, options)).answer;
  }
}
