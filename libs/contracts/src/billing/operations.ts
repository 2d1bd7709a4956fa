import { z } from 'zod';
import { originsAskedOf } from '../audit/origins.ts';
import { command, query } from '../define.ts';
import { SettlementId } from '../inference/settlements.ts';
import { NanosText } from '../money.ts';
import { Instant, OffsetRequest, OrgId, PageRequest, pageOf, Text } from '../values.ts';
import { BalanceView, GrantKind, InferenceUsageView, TransactionId, TransactionView, UsageView } from './types.ts';

export const GetBalance = query({
  subject: 'billing.get-balance',
  summary: 'What the organization has, got and used',
  http: 'GET /balance',
  access: 'billing:read',
  input: z.strictObject({}),
  output: BalanceView,
  refusals: { AccountNotFound: 404 },
});

export const ListUsage = query({
  subject: 'billing.list-usage',
  summary: 'What was used and what it cost, newest first',
  http: 'GET /usage',
  access: 'billing:read',
  input: OffsetRequest,
  output: z.strictObject({ items: z.array(UsageView), total: z.int().min(0), spent: NanosText }),
  refusals: {},
});

/** The charges of some runs, for whoever shows runs and money side by side. */
export const GetUsageOfRuns = query({
  subject: 'billing.get-usage-of-runs',
  summary: 'The charges of the given runs',
  access: 'billing:read',
  input: z.strictObject({ runIds: z.array(z.uuid()).max(500) }),
  output: z.strictObject({ items: z.array(UsageView), spent: NanosText }),
  refusals: {},
});

export const ListInferenceUsage = query({
  subject: 'billing.list-inference-usage',
  summary: 'What requests for inference were charged: a line for each model and price book of a settlement, newest first',
  http: 'GET /usage/inference',
  access: 'billing:read',
  input: PageRequest,
  output: pageOf(InferenceUsageView),
  refusals: {},
});

/** For whoever compares usage with the ledger. What is not there was not charged. */
export const FindSettlements = query({
  subject: 'billing.find-settlements',
  summary: 'What was charged for the given settlements',
  access: 'service',
  input: z.strictObject({ settlementIds: z.array(SettlementId).max(500) }),
  output: z.strictObject({
    items: z.array(z.strictObject({ settlementId: SettlementId, transactionId: TransactionId, amount: NanosText })),
  }),
  refusals: {},
});

export const ListTransactions = query({
  subject: 'billing.list-transactions',
  summary: 'Every movement of the account, newest first',
  http: 'GET /transactions',
  access: 'billing:read',
  input: OffsetRequest,
  output: z.strictObject({ items: z.array(TransactionView), total: z.int().min(0) }),
  refusals: {},
});

export const GrantCredits = command({
  subject: 'billing.grant-credits',
  summary: 'Give an organization credit',
  http: 'POST /accounts/{orgId}/grants',
  created: true,
  access: 'operator',
  input: z.strictObject({ orgId: OrgId, amount: NanosText, kind: GrantKind.default('manual'), note: Text.max(500).default('') }),
  output: BalanceView,
  refusals: { AccountNotFound: 404, AmountNotPositive: 422 },
});

/** For whoever is about to close an organization: asked about the one that the request names. */
export const GetSettlement = query({
  subject: 'billing.get-settlement',
  summary: 'Whether nothing is owed and no credit is left that was paid for',
  access: 'service',
  input: z.strictObject({}),
  output: z.strictObject({ isSettled: z.boolean(), balance: NanosText }),
  refusals: {},
});

export const CheckLedger = query({
  subject: 'billing.check-ledger',
  summary: 'Compare every balance with the sum of its entries',
  http: 'GET /ledger/check',
  access: 'operator',
  input: z.strictObject({}),
  output: z.strictObject({
    accounts: z.int().min(0),
    transactions: z.int().min(0),
    differences: z.array(z.strictObject({ orgId: OrgId, account: z.string(), balance: NanosText, entries: NanosText })),
    checkedAt: Instant,
  }),
  refusals: {},
});

export const ReadOrigins = originsAskedOf('billing');
