import { randomUUID } from 'node:crypto';
import { execution, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock, Turnstile } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';

export interface CreditParts {
  readonly store: Pick<EventStore, 'pool'>;
  readonly bus: Bus;
  readonly signal: AbortSignal;
}

/** Organizations whose work is stopped beside each other. */
const orgsAtOnce = 100;
/** Runs of one organization before the others have their turn. */
const runsInTurn = 50;
const asksAtOnce = 16;
const askMs = 5_000;
/** A run that was asked to end gets this time to do so before it is asked again. */
const askedAgainMs = 5_000;

/** Before every id. */
const none = '00000000-0000-0000-0000-000000000000';

/** Whose running work has used up their credit: what is billed when a second begins reaches the balance. */
const exhaustedOrgs = `
  SELECT m.org_id AS "orgId" FROM open_meters m JOIN balances b ON b.org_id = m.org_id WHERE m.org_id > $1
  GROUP BY m.org_id, b.balance
  HAVING sum(m.nanos_per_second * ceil(greatest(0, extract(epoch FROM clock_timestamp() - m.started_at)))) >= b.balance AND sum(m.nanos_per_second) > 0
  ORDER BY m.org_id LIMIT ${orgsAtOnce}`;

const runsToAsk = `
  SELECT run_id AS "runId" FROM open_meters
  WHERE org_id = $1 AND run_id > $2 AND (asked_at IS NULL OR asked_at < now() - make_interval(secs => $3::float8 / 1000))
  ORDER BY run_id LIMIT ${runsInTurn}`;

const contextFor = (orgId: string): RequestContext => ({
  principal: { kind: 'service', name: 'billing' },
  orgId,
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: 'credit-exhausted',
  deadlineAt: systemClock.now() + askMs,
});

/** One organization, and how far its runs were asked to end. */
interface Turn {
  readonly orgId: string;
  readonly after: string;
}

/**
 * Stops the running work of organizations whose credit is used up. Nothing is kept of it but the meters: a run that was asked to end
 * and has not ended is asked again, and one whose end was missed is found to have ended.
 */
export const stopExhausted = async (parts: CreditParts): Promise<void> => {
  const { store, signal } = parts;
  const turnstile = new Turnstile(asksAtOnce);
  for (let after = none; !signal.aborted; ) {
    const { rows } = await store.pool.query<{ orgId: string }>({ name: 'exhausted-orgs', text: exhaustedOrgs, values: [after] });
    let turns: readonly Turn[] = rows.map(({ orgId }) => ({ orgId, after: none }));
    while (turns.length > 0 && !signal.aborted) turns = await allTurns(turns, parts, turnstile);
    if (rows.length < orgsAtOnce) return;
    after = rows.at(-1)?.orgId ?? after;
  }
};

/** Each organization has one turn; answers those that need another. The first fault ends the round, after what is under way. */
const allTurns = async (turns: readonly Turn[], parts: CreditParts, turnstile: Turnstile): Promise<readonly Turn[]> => {
  const over = new AbortController();
  const either = { ...parts, signal: AbortSignal.any([parts.signal, over.signal]) };
  const guarded = async (turn: Turn): Promise<Turn | undefined> => {
    try {
      return await takeTurn(turn, either, turnstile);
    } catch (error) {
      over.abort();
      throw error;
    }
  };
  const taken = await Promise.allSettled(turns.map(guarded));
  const fault = taken.find((each) => each.status === 'rejected');
  if (fault) throw fault.reason;
  return taken.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
};

const takeTurn = async ({ orgId, after }: Turn, parts: CreditParts, turnstile: Turnstile): Promise<Turn | undefined> => {
  const { pool } = parts.store;
  const { rows } = await pool.query<{ runId: execution.RunId }>({
    name: 'runs-to-ask',
    text: runsToAsk,
    values: [orgId, after, askedAgainMs],
  });
  await Promise.all(rows.map(({ runId }) => turnstile.pass(() => stopRun(runId, orgId, parts))));
  const last = rows.at(-1);
  return last && rows.length === runsInTurn ? { orgId, after: last.runId } : undefined;
};

const stopRun = async (runId: execution.RunId, orgId: string, { store, bus, signal }: CreditParts): Promise<void> => {
  if (signal.aborted) return;
  const outcome = await bus.ask(execution.RevokeRun, { runId, reason: 'credit-exhausted' }, contextFor(orgId));
  const isOver = outcome.accepted ? execution.terminalStatuses.includes(outcome.value.status) : outcome.rejection.code === 'RunNotFound';
  const text = isOver ? 'DELETE FROM open_meters WHERE run_id = $1' : 'UPDATE open_meters SET asked_at = now() WHERE run_id = $1';
  await store.pool.query(text, [runId]);
};
