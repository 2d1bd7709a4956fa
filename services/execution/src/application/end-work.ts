import { type execution, instantOf, type OrgId } from '@orrery/contracts';
import type { EventStore, Reaction } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { householdOf } from './household.ts';

/** Asked at a time of one organization: others whose work ends meanwhile, and requests, come between its pages. */
const atOnce = 100;

/** Longer than any queue takes: what was not asked by then is asked when the event comes again. */
export const endWorkMs = 300_000;

export interface EndOfWork {
  readonly orgId: OrgId;
  readonly by: string;
  readonly reason: execution.EndReason;
  /** Whether there is still cause to. Asked before each page. */
  readonly isStill?: () => Promise<boolean>;
}

/** Asks everything to end that an organization has waiting or running, however much that is. Asking twice is asking once. */
export const endWork = async (
  store: EventStore,
  { orgId, by, reason, isStill = async () => true }: EndOfWork,
  { context, signal }: Pick<Reaction, 'context' | 'signal'>,
): Promise<void> => {
  const { runs } = householdOf(store);
  const wish = { type: 'RequestEnd', mode: 'cancel', by, reason } as const;
  let last = '00000000-0000-0000-0000-000000000000';
  while (await isStill()) {
    signal.throwIfAborted();
    const { rows } = await store.pool.query<{ id: execution.RunId }>({
      name: 'open-runs-of-org',
      text: `SELECT id FROM run_list WHERE org_id = $1 AND status = ANY(ARRAY['pending', 'starting', 'running']) AND id > $2 ORDER BY id LIMIT $3`,
      values: [orgId, last, atOnce],
    });
    const at = instantOf(systemClock.now());
    await Promise.all(rows.map(({ id }) => runs.tell(id, { ...wish, at }, { ...context, commandId: `${context.commandId} ${id}` })));
    last = rows.at(-1)?.id ?? last;
    if (rows.length < atOnce) return;
  }
};
