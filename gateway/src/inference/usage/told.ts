import { formatNanos, type inference } from '@orrery/contracts';
import { type Account, type Settlement, told } from '../accounting/request-account.ts';
import type { Use } from '../limits/meters.ts';

/** What is left of a request: what it was, and what its limits are told. */
export interface Told {
  readonly record: inference.UsageRecord;
  readonly use: Use;
}

/** What is known of a request beside its account. */
export type Facts = Omit<inference.UsageRecord, keyof Settlement>;

/**
 * What a request comes to if this process is killed now. It is noted before the request is sent, and sent at once: so it counts as sent, and the prompt
 * is paid for.
 */
export const settledIfLost = (account: Account): Settlement => {
  const sent = account.phase === 'admitted' ? told(account, { type: 'sent' }) : account;
  const ended = told(sent, { type: 'ended', ending: 'process-killed' });
  if (ended.phase !== 'settled') throw new TypeError('what has ended is settled');
  return ended.settlement;
};

/** Field by field: an object with another one copied into it costs ten times as much, and this is made twice for each request. */
export const toldOf = ({ outcome, input, output, cached, isEstimated, attempts, cost }: Settlement, facts: Facts): Told => ({
  record: {
    requestId: facts.requestId,
    orgId: facts.orgId,
    spaceId: facts.spaceId,
    userId: facts.userId,
    keyId: facts.keyId,
    dialect: facts.dialect,
    route: facts.route,
    kind: facts.kind,
    model: facts.model,
    upstream: facts.upstream,
    outcome,
    status: facts.status,
    error: facts.error,
    input,
    output,
    cached,
    isEstimated,
    attempts,
    cost: formatNanos(cost),
    currency: facts.currency,
    priceVersion: facts.priceVersion,
    isStreaming: facts.isStreaming,
    startedAt: facts.startedAt,
    firstByteMs: facts.firstByteMs,
    durationMs: facts.durationMs,
    traceId: facts.traceId,
    correlationId: facts.correlationId,
    endUser: facts.endUser,
    tags: facts.tags,
    isLogged: facts.isLogged,
  },
  use: { cost, input, output },
});
