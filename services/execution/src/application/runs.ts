import type { OrgId, RequestContext } from '@orrery/contracts';
import { execution } from '@orrery/contracts';
import { type EventStore, type Handled, type HandleOptions, handleWith, type Write } from '@orrery/event-store';
import { metrics } from '@orrery/telemetry';
import { Run, type RunRefusal } from '../domain/run/run.ts';
import type { RunCommand } from '../domain/run/run-commands.ts';
import { type RunEvent, runStream } from '../domain/run/run-facts.ts';
import type { RunState } from '../domain/run/run-state.ts';
import type { Submission } from '../domain/run/run-submission.ts';
import { endStatusOf } from '../views/run-list.view.ts';
import { submitTogether } from './gang-submission.ts';
import { endLease, endTerm } from './machine-leases.ts';

const ofService = { service: 'execution' };
const mostOrgs = 20_000;

const closing: ReadonlySet<string> = new Set(['RunAttemptLost', ...execution.runEndTypes]);

const count = (events: readonly RunEvent[]): void => {
  for (const { type, data } of events) {
    if (type === 'RunAttemptLost') metrics.attemptsLost.add(1, { ...ofService, reason: data.reason });
    const status = endStatusOf(type);
    if (status) metrics.runsEnded.add(1, { ...ofService, status });
  }
};

/**
 * Commands to one run: its facts carry its organization, and its lease ends with its attempt. What the scheduler decides of one or
 * several goes through `grantTogether`.
 */
export class Runs {
  private readonly store: EventStore;
  private readonly handle;
  private readonly orgs = new Map<string, OrgId>();

  constructor(store: EventStore) {
    this.store = store;
    this.handle = handleWith(store, Run, { name: 'run' });
  }

  /** One run, or all members of a gang in one commit: the first refusal refuses all of them. */
  async submit<A>(
    members: readonly [Submission, ...Submission[]],
    context: RequestContext,
    options: HandleOptions<RunEvent, RunState, RunRefusal, A>,
  ): Promise<Handled<RunEvent, RunRefusal, A>> {
    const [first, ...others] = members;
    if (others.length > 0) return await submitTogether(this.store, members, { context, options });
    return await this.handle(runStream(first.runId), { type: 'Submit', ...first }, context, { ...options, fresh: true });
  }

  /** Judged by the run itself; `RunNotFound` where there is none. */
  async tell(
    runId: execution.RunId,
    command: Exclude<RunCommand, { type: 'Submit' }>,
    context: RequestContext,
    options: Pick<HandleOptions<RunEvent, RunState, RunRefusal, undefined>, 'inbox' | 'input'> = {},
  ): Promise<Handled<RunEvent, RunRefusal>> {
    const orgId = await this.orgOf(runId);
    if (orgId === undefined) return { accepted: false, rejection: { code: 'RunNotFound', details: {} } };
    const writes = (events: readonly RunEvent[]): readonly Write[] =>
      events.some(({ type }) => closing.has(type)) ? [endLease(runId), endTerm(runId)] : [];
    const handled = await this.handle(runStream(runId), command, { ...context, orgId }, { ...options, writes });
    if (handled.accepted) count(handled.events);
    return handled;
  }

  /** Whose run it is; that never changes. */
  async orgOf(runId: execution.RunId): Promise<OrgId | undefined> {
    const known = this.orgs.get(runId);
    if (known) return known;
    const { rows } = await this.store.pool.query<{ orgId: OrgId }>({
      name: 'org-of-run',
      text: 'SELECT org_id AS "orgId" FROM run_list WHERE id = $1',
      values: [runId],
    });
    const orgId = rows[0]?.orgId;
    if (!orgId) return undefined;
    if (this.orgs.size >= mostOrgs) this.orgs.clear();
    this.orgs.set(runId, orgId);
    return orgId;
  }
}
