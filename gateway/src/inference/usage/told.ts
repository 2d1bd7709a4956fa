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

export const toldOf = ({ cost, ...settlement }: Settlement, facts: Facts): Told => ({
  record: { ...facts, ...settlement, cost: formatNanos(cost) },
  use: { cost, input: settlement.input, output: settlement.output },
});
