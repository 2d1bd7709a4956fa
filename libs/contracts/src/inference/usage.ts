import { z } from 'zod';
import { ModelName } from '../catalog/models/names.ts';
import { id } from '../define.ts';
import { ApiKeyId } from '../identity/keys/types.ts';
import { Currency, NanosText } from '../money.ts';
import { Instant, OrgId, Text, UserId } from '../values.ts';
import { RoutingName } from './types.ts';

/** Of one request for inference; it is in the answer's headers, in the inference log and on the bill. */
export const RequestId = id('InferenceRequestId');
export type RequestId = z.infer<typeof RequestId>;

/** By which requests are found again in the log. */
export const RequestTag = Text.min(1).max(100);
export const mostRequestTags = 20;
/** Of the body of a request, where its client says them. */
export const requestTagsMember = 'tags';

/** Whom the client asks for, as it calls them: OpenAI's `user`, `metadata.user_id` of Anthropic's. */
export const mostEndUser = 256;
export const EndUser = Text.min(1).max(mostEndUser);

/** How a request ended, as its organization is told. What each costs is a table: `docs/accounting.md`. */
export const Outcome = z
  .enum([
    'finished',
    'left-before-it-was-sent',
    'left-before-the-first-byte',
    'left-while-it-was-answered',
    'failed-before-the-first-byte',
    'failed-while-it-was-answered',
    'timed-out-connecting',
    'timed-out-before-the-first-byte',
    'timed-out-while-it-was-answered',
    'blocked-before-it-was-sent',
    'blocked-after-it-was-answered',
    'answered-from-the-cache',
    'lost-with-the-process',
  ])
  .meta({ id: 'InferenceOutcome' });
export type Outcome = z.infer<typeof Outcome>;

export const RequestKind = z.enum(['chat', 'completion', 'embedding']).meta({ id: 'InferenceKind' });
export type RequestKind = z.infer<typeof RequestKind>;

const count = z.int().min(0);

/** What a request for inference came to: told once when it ended, kept in the inference log, and charged. */
export const UsageRecord = z
  .strictObject({
    requestId: RequestId,
    orgId: OrgId,
    spaceId: z.uuid().nullable(),
    /** Null: a service account. */
    userId: UserId.nullable(),
    /** Null: a person who is signed in. */
    keyId: ApiKeyId.nullable(),
    dialect: z.string().min(1).max(32),
    /** `/v1/chat/completions`, as it is mounted. */
    route: z.string().min(1).max(200),
    kind: RequestKind,
    /** As its price names it. */
    model: ModelName,
    /** Which upstream answered, or was asked last; null where none was. */
    upstream: RoutingName.nullable(),
    outcome: Outcome,
    /** Of the HTTP answer; 499 where the client did not wait for one. */
    status: z.int().min(100).max(599),
    /** A code, where it did not end well. */
    error: z.string().max(64).nullable(),
    input: count,
    output: count,
    /** The part of `input` that the model server had read before. */
    cached: count,
    /** Nobody who knows has counted it. */
    isEstimated: z.boolean(),
    /** How often it was sent to an upstream. */
    attempts: count,
    cost: NanosText,
    currency: Currency,
    /** The price book that it was charged by; null: it had no price. */
    priceVersion: z.int().positive().nullable(),
    isStreaming: z.boolean(),
    startedAt: Instant,
    /** From `startedAt` on; null where no byte came. */
    firstByteMs: count.nullable(),
    durationMs: count,
    traceId: z.string().max(32).nullable(),
    /** What the client called the request itself. */
    correlationId: Text.max(200).nullable(),
    /** Whom the client asked for; null where it did not say. */
    endUser: EndUser.nullable(),
    tags: z.array(RequestTag).max(mostRequestTags),
    /** False: its organization wants nothing logged. It is kept for the bill alone, and shown to nobody. */
    isLogged: z.boolean(),
  })
  .meta({ id: 'InferenceUsage' });
export type UsageRecord = z.infer<typeof UsageRecord>;

/** As it is kept and told: with the moment at which limits were told, which says in which minute both are compared. */
export const SettledUsage = UsageRecord.extend({ settledAt: Instant });
export type SettledUsage = z.infer<typeof SettledUsage>;

/** How records go from gateways to the inference log: many in one message, each as often as it takes. */
export const usageTransport = { stream: 'USAGE', subject: 'usage.inference', recordsAtOnce: 500 } as const;

export const minuteMs = 60_000;
