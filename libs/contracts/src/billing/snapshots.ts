import { z } from 'zod';
import { NanosText } from '../money.ts';
import { BalanceView } from './types.ts';

const { orgId, currency, balance } = BalanceView.shape;

/**
 * What a gateway must know of an account: value of the `billing-ledgers` snapshot, by org id. The sum of balance and booked does not move when
 * inference is charged, so who knows what was used since may go by one that is old.
 */
export const LedgerSnapshot = z.strictObject({
  orgId,
  currency,
  balance,
  /** Of inference, charged in all. */
  booked: NanosText,
});
export type LedgerSnapshot = z.infer<typeof LedgerSnapshot>;

/** What billing keeps up to date for every gateway, in buckets of JetStream's key-value store. */
export const Snapshots = {
  /** By org id. */
  ledgers: { bucket: 'billing-ledgers', value: LedgerSnapshot },
} as const;
