import { randomUUID } from 'node:crypto';
import { execution, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { openMeters } from './meters.consumer.ts';

/** Organizations looked at in one round, those who owe most first; the rest has its turn in the next. */
const orgsAtOnce = 100;
const runsAtOnce = 500;
const askMs = 5_000;

/** Whose running work has used up their credit: what is billed when a second begins reaches the balance. */
const exhaustedOrgs = `
  SELECT m.org_id FROM open_meters m JOIN balances b ON b.org_id = m.org_id
  GROUP BY m.org_id, b.balance
  HAVING sum(m.nanos_per_second * ceil(greatest(0, extract(epoch FROM clock_timestamp() - m.started_at)))) >= b.balance AND sum(m.nanos_per_second) > 0
  ORDER BY b.balance - sum(m.nanos_per_second * ceil(greatest(0, extract(epoch FROM clock_timestamp() - m.started_at))))
  LIMIT $1`;

const contextFor = (orgId: string): RequestContext => ({
  principal: { kind: 'service', name: 'billing' },
  orgId,
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: 'credit-exhausted',
  deadlineAt: systemClock.now() + askMs,
});

/**
 * Stops the running work of organizations whose credit is used up. Nothing is kept of it but the meters: a run that was asked to end
 * and has not ended is asked again, and one whose end was missed is found to have ended.
 */
export const stopExhausted = async (store: EventStore, bus: Bus): Promise<void> => {
  const { rows } = await store.pool.query<{ org_id: string }>(exhaustedOrgs, [orgsAtOnce]);
  for (const { org_id: orgId } of rows) {
    const running = await store.read(openMeters).list({ where: { orgId }, order: { by: ['startedAt'] }, limit: runsAtOnce });
    for (const { runId } of running) await stopRun(store, bus, { runId, orgId });
  }
};

const stopRun = async (store: EventStore, bus: Bus, { runId, orgId }: { runId: execution.RunId; orgId: string }): Promise<void> => {
  const outcome = await bus.ask(execution.RevokeRun, { runId, reason: 'credit-exhausted' }, contextFor(orgId));
  const isOver = outcome.accepted ? execution.terminalStatuses.includes(outcome.value.status) : outcome.rejection.code === 'RunNotFound';
  if (isOver) await store.pool.query('DELETE FROM open_meters WHERE run_id = $1', [runId]);
};
