import { execution, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { type Bus, refuse } from '@orrery/messaging';
import { ownsRun } from '../views/event-index.ts';

const notFound = { code: 'RunNotFound', details: {} } as const;

/** Knows whose a run is: from the index of events, or, for one that is younger than the index, from execution itself. */
export class RunsOfOrg {
  constructor(
    private readonly store: EventStore,
    private readonly bus: Bus,
  ) {}

  /** The organization of the request, if the run is its own; refuses otherwise, as for a run that does not exist. */
  async orgOf(runId: execution.RunId, context: RequestContext): Promise<string> {
    const { orgId } = context;
    if (orgId === undefined) return refuse(notFound);
    if (await ownsRun(this.store, orgId, runId)) return orgId;
    const outcome = await this.bus.ask(execution.GetRun, { runId }, context);
    return outcome.accepted ? orgId : refuse(notFound);
  }
}
