import { z } from 'zod';
import { ModelName } from '../catalog/models/names.ts';
import { id } from '../define.ts';
import { Currency, NanosText } from '../money.ts';
import { Instant, OrgId } from '../values.ts';

/** Of some requests of one organization that ended about the same time and are charged together. */
export const SettlementId = id('SettlementId');
export type SettlementId = z.infer<typeof SettlementId>;

const count = z.int().min(0);

/** What requests for one model came to, by one price book. */
export const SettlementLine = z
  .strictObject({
    model: ModelName,
    /** Null: it had no price. */
    priceVersion: z.int().positive().nullable(),
    requests: z.int().positive(),
    /** Of these: how many nobody has counted who knows. */
    estimated: count,
    input: count,
    output: count,
    cached: count,
    cost: NanosText,
  })
  .meta({ id: 'SettlementLine' });
export type SettlementLine = z.infer<typeof SettlementLine>;

/** Each request is in one settlement, and says in which; a settlement is charged once, in one transaction, which says of which settlement it is. */
export const Settlement = z
  .strictObject({
    settlementId: SettlementId,
    orgId: OrgId,
    currency: Currency,
    requests: z.int().positive(),
    cost: NanosText,
    lines: z.array(SettlementLine).min(1),
    /** When the first and the last of its requests were settled. */
    from: Instant,
    to: Instant,
    at: Instant,
  })
  .meta({ id: 'Settlement' });
export type Settlement = z.infer<typeof Settlement>;

/**
 * Two that should agree and do not. `limits-and-log`: what Redis counted as settled in a minute, and the inference log. `log-and-ledger`: the requests of a
 * settlement, and what was charged for it. `limits-and-requests`: what Redis counted as set aside, and what the open requests have set aside.
 */
export const UsageDifference = z
  .strictObject({
    orgId: OrgId,
    between: z.enum(['limits-and-log', 'log-and-ledger', 'limits-and-requests']),
    /** The settlement, or the minute. */
    of: z.string().max(64),
    /** In the order of `between`. */
    first: NanosText,
    second: NanosText,
    /** How many requests each of them knows of; null where it does not count. */
    firstRequests: count,
    secondRequests: count.nullable(),
  })
  .meta({ id: 'UsageDifference' });
export type UsageDifference = z.infer<typeof UsageDifference>;
