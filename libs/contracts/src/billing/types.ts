import { z } from 'zod';
import { RunMeter } from '../catalog/prices/types.ts';
import { MachineTypeName } from '../catalog/types.ts';
import { id } from '../define.ts';
import { RunId } from '../execution/runs/ids.ts';
import { SettlementId, SettlementLine } from '../inference/settlements.ts';
import { Currency, NanosText } from '../money.ts';
import { Instant, OrgId } from '../values.ts';

export const TransactionId = id('TransactionId');
export type TransactionId = z.infer<typeof TransactionId>;

/** Each organization has these three; what leaves one enters another, and their sum is always zero. */
export const LedgerAccount = z.enum(['credits', 'revenue', 'grants']).meta({ id: 'LedgerAccount' });
export type LedgerAccount = z.infer<typeof LedgerAccount>;

export const LedgerEntry = z.strictObject({ account: LedgerAccount, amount: NanosText }).meta({ id: 'LedgerEntry' });
export type LedgerEntry = z.infer<typeof LedgerEntry>;

export const GrantKind = z.enum(['signup', 'purchased', 'voucher', 'manual']).meta({ id: 'GrantKind' });

export const BalanceView = z
  .strictObject({
    orgId: OrgId,
    currency: Currency,
    /** May be negative by the last second of work that was running when the credit ended. */
    balance: NanosText,
    granted: NanosText,
    purchased: NanosText,
    used: NanosText,
    isSuspended: z.boolean(),
    signupGrantAt: Instant.nullable(),
    updatedAt: Instant,
  })
  .meta({ id: 'Balance' });
export type BalanceView = z.infer<typeof BalanceView>;

export const UsageView = z
  .strictObject({
    runId: RunId,
    meter: RunMeter,
    machineType: MachineTypeName,
    seconds: z.int().min(0),
    nanosPerSecond: NanosText,
    priceVersion: z.int().positive(),
    amount: NanosText,
    startedAt: Instant.nullable(),
    endedAt: Instant,
    transactionId: TransactionId,
    traceId: z.string().nullable(),
  })
  .meta({ id: 'Usage' });
export type UsageView = z.infer<typeof UsageView>;

export const TransactionView = z
  .strictObject({
    id: TransactionId,
    kind: z.enum(['grant', 'charge']),
    /** Change of the `credits` account. */
    amount: NanosText,
    balanceAfter: NanosText,
    description: z.string(),
    entries: z.array(LedgerEntry),
    /** Of the requests for inference that it charges; null where it charges none. */
    settlementId: SettlementId.nullable(),
    at: Instant,
  })
  .meta({ id: 'Transaction' });
export type TransactionView = z.infer<typeof TransactionView>;

/** A line of the bill: what requests for one model came to, by one price book, in one settlement. */
export const InferenceUsageView = z
  .strictObject({ ...SettlementLine.shape, settlementId: SettlementId, transactionId: TransactionId, from: Instant, to: Instant })
  .meta({ id: 'InferenceUsageLine' });
export type InferenceUsageView = z.infer<typeof InferenceUsageView>;
