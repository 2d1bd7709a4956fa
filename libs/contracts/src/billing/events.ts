import { z } from 'zod';
import { PinnedPrice, RunMeter } from '../catalog/prices/types.ts';
import { MachineTypeName } from '../catalog/types.ts';
import { type EventOf, events } from '../define.ts';
import { RunId } from '../execution/runs/ids.ts';
import { SettlementId, SettlementLine } from '../inference/settlements.ts';
import { Currency, NanosText } from '../money.ts';
import { Instant, OrgId } from '../values.ts';
import { GrantKind, LedgerEntry, TransactionId } from './types.ts';

export const BillingEvents = events('billing', {
  AccountOpened: z.strictObject({ orgId: OrgId, currency: Currency, at: Instant }),
  CreditGranted: z.strictObject({
    orgId: OrgId,
    transactionId: TransactionId,
    kind: GrantKind,
    amount: NanosText,
    balanceAfter: NanosText,
    note: z.string(),
    entries: z.array(LedgerEntry).min(2),
    at: Instant,
  }),
  UsageCharged: z.strictObject({
    orgId: OrgId,
    transactionId: TransactionId,
    runId: RunId,
    meter: RunMeter,
    machineType: MachineTypeName,
    seconds: z.int().min(0),
    price: PinnedPrice,
    amount: NanosText,
    balanceAfter: NanosText,
    startedAt: Instant.nullable(),
    endedAt: Instant,
    entries: z.array(LedgerEntry).min(2),
    at: Instant,
  }),
  /** Requests for inference that were settled together, charged in one transaction. */
  InferenceCharged: z.strictObject({
    orgId: OrgId,
    transactionId: TransactionId,
    settlementId: SettlementId,
    requests: z.int().positive(),
    lines: z.array(SettlementLine).min(1),
    amount: NanosText,
    balanceAfter: NanosText,
    from: Instant,
    to: Instant,
    entries: z.array(LedgerEntry).min(2),
    at: Instant,
  }),
  /** No credit left: running work is stopped, new work is refused, until credit comes. */
  CreditExhausted: z.strictObject({ orgId: OrgId, balance: NanosText, at: Instant }),
  CreditRestored: z.strictObject({ orgId: OrgId, balance: NanosText, at: Instant }),
});
export type BillingEvent = EventOf<typeof BillingEvents>;
