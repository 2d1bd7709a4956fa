import { randomUUID } from 'node:crypto';
import { billing, execution, instantOf, type OrgId, type RequestContext, type UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, refuse } from '@orrery/messaging';
import { Org, type Standing } from '../../domain/orgs/org.ts';
import type { Snapshots } from '../snapshots.ts';
import { part, type Together } from '../together.ts';
import { orgStream } from './orgs.ts';

export interface Ending {
  readonly orgId: OrgId;
  readonly by: UserId;
  /** Null where its only member is erased. */
  readonly typedName: string | null;
}

const nothingLeft: Standing = { openRuns: 0, isSettled: true };
const askMs = 4_000;

/** Organizations end. What they leave behind is wound up by a consumer of the end itself. */
export class OrgEnds {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly bus: Bus,
    private readonly snapshots: Snapshots,
  ) {}

  /**
   * Refused while work runs or money is open, as far as those who know say now. A run that begins between their answers and the end
   * is ended when its service hears of the end, a moment later.
   */
  async end({ orgId, by, typedName }: Ending, context: RequestContext): Promise<void> {
    const stream = orgStream(orgId);
    const standing = typedName === null ? nothingLeft : await this.standingOf(orgId, context);
    const command = { type: 'Delete', by, typedName, standing, at: instantOf(systemClock.now()) } as const;
    const parts = [
      part(Org, stream, command, {
        claims: (events, { after }) =>
          events.length > 0 && after.status === 'Deleted' ? [{ scope: 'slug', key: after.slug, release: stream }] : [],
      }),
    ];
    refuse(await this.together.commit({ name: 'delete-org', parts, input: { orgId }, answer: null }, stream, context));
    await this.snapshots.orgChanged(orgId);
  }

  private async standingOf(orgId: OrgId, { correlationId, causationId, traceparent }: RequestContext): Promise<Standing> {
    const asking = (): RequestContext => ({
      principal: { kind: 'service', name: this.store.service },
      orgId,
      commandId: randomUUID(),
      idempotent: false,
      correlationId,
      causationId,
      deadlineAt: systemClock.now() + askMs,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    const [runs, settlement] = await Promise.all([
      this.bus.ask(execution.CountOpenRuns, {}, asking()),
      this.bus.ask(billing.GetSettlement, {}, asking()),
    ]);
    return { openRuns: refuse(runs).value.openRuns, isSettled: refuse(settlement).value.isSettled };
  }
}
