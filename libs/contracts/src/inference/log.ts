import { z } from 'zod';
import { command, query } from '../define.ts';
import { NanosText } from '../money.ts';
import { Instant, Moment, OffsetRequest, OrgId, PageRequest, pageOf, Text } from '../values.ts';
import { RequestContent } from './content.ts';
import { SettlementId, UsageDifference } from './settlements.ts';
import { EndUser, Outcome, RequestId, RequestKind, SettledUsage } from './usage.ts';

/** One line of the inference log. */
export const LoggedRequest = SettledUsage.omit({ isLogged: true }).extend({ settlementId: SettlementId }).meta({ id: 'InferenceRequest' });
export type LoggedRequest = z.infer<typeof LoggedRequest>;

const filters = {
  from: Moment.optional(),
  to: Moment.optional(),
  userId: z.uuid().optional(),
  keyId: z.uuid().optional(),
  spaceId: z.uuid().optional(),
  model: Text.max(200).optional(),
  kind: RequestKind.optional(),
  outcome: Outcome.optional(),
  /** Whether the answer was one: a status below 400. */
  succeeded: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  tag: Text.max(100).optional(),
  correlationId: Text.max(200).optional(),
  endUser: EndUser.optional(),
  /** Who asked, or for whom: a `userId`, or an `endUser`. */
  user: EndUser.optional(),
  settlementId: SettlementId.optional(),
};

export const ListRequests = query({
  subject: 'inference.list-requests',
  summary: 'The inference log: what each request for inference was, how it ended and what it cost, newest first',
  http: 'GET /inference/requests',
  access: 'logs:read',
  input: PageRequest.extend(filters),
  output: pageOf(LoggedRequest),
  refusals: {},
});

/** For published APIs that count pages. */
export const ListRequestsCounted = query({
  subject: 'inference.list-requests-counted',
  summary: 'The inference log, newest first, with how many requests there are in all',
  access: 'logs:read',
  input: OffsetRequest.extend(filters),
  output: z.strictObject({ items: z.array(LoggedRequest), total: z.int().min(0) }),
  refusals: {},
});

export const GetRequest = query({
  subject: 'inference.get-request',
  summary:
    'One request for inference: how it ended, what it cost, in which settlement it was charged, its trace, and what was said where that is logged',
  http: 'GET /inference/requests/{requestId}',
  access: 'logs:read',
  input: z.strictObject({ requestId: RequestId }),
  output: z.strictObject({
    ...LoggedRequest.shape,
    /** Null: it is not logged, or not any more, or not yet. */ content: RequestContent.nullable(),
  }),
  refusals: { RequestNotFound: 404 },
});

const sums = {
  requests: z.int().min(0),
  succeeded: z.int().min(0),
  estimated: z.int().min(0),
  input: z.int().min(0),
  output: z.int().min(0),
  cached: z.int().min(0),
  cost: NanosText,
  averageMs: z.number().min(0),
};
const grouped = <S extends Readonly<Record<string, z.ZodType>>>(by: S) => z.array(z.strictObject({ ...by, ...sums })).max(200);

export const SummarizeRequests = query({
  subject: 'inference.summarize-requests',
  summary: 'What the requests of a time came to: in all, and by model, key and outcome; of each the 200 that cost most',
  http: 'GET /inference/summary',
  access: 'logs:read',
  input: z.strictObject(filters),
  output: z.strictObject({
    from: Instant,
    to: Instant,
    ...sums,
    models: grouped({ model: z.string() }),
    keys: grouped({ keyId: z.uuid().nullable() }),
    outcomes: grouped({ outcome: Outcome }),
  }),
  refusals: {},
});

/** For whoever compares them with the limits: by organization. */
export const SumMinute = query({
  subject: 'inference.sum-minute',
  summary: 'What was settled in one minute, by organization',
  access: 'service',
  input: PageRequest.extend({ minute: z.int().min(0) }),
  output: pageOf(z.strictObject({ orgId: OrgId, cost: NanosText, requests: z.int().min(0) })),
  refusals: {},
});

export const mostDifferencesAtOnce = 100;

export const ReportDifferences = command({
  subject: 'inference.report-differences',
  summary: 'Tell of limits, usage and ledger that do not agree',
  access: 'service',
  input: z.strictObject({ differences: z.array(UsageDifference).min(1).max(mostDifferencesAtOnce) }),
  output: z.strictObject({}),
  refusals: {},
});

export const ListDifferences = query({
  subject: 'inference.list-differences',
  summary: 'Limits, usage and ledger that did not agree when they were compared, newest first; none is how it should be',
  http: 'GET /inference/differences',
  access: 'operator',
  input: PageRequest,
  output: pageOf(UsageDifference.extend({ at: Instant })),
  refusals: {},
});
