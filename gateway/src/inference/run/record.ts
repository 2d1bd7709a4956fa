import { inference, instantOf, personOf } from '@orrery/contracts';
import type { Caller } from '../../access/caller.ts';
import type { Offer } from '../admission/offer.ts';
import type { Client } from '../shapes/shape.ts';
import type { Facts } from '../usage/told.ts';

/** Who asks, where, and by which route. */
export interface Asker {
  readonly requestId: inference.RequestId;
  readonly caller: Caller;
  readonly client: Client;
  readonly dialect: string;
  readonly route: string;
  readonly traceId: string | undefined;
  /** What its organization wants kept of the request, as it was when it came. */
  readonly logging: inference.LoggingPolicy;
  /** What the client called the request. */
  readonly correlationId: string | undefined;
  /** Whom the client asks for. */
  readonly endUser: string | undefined;
  /** What else it said to find it again. */
  readonly tags: readonly string[];
}

export interface Course {
  readonly offer: Offer;
  readonly upstream: string | null;
  /** Of the price book by which it is paid; null where that has no price. */
  readonly priceVersion: number | null;
  readonly status: number;
  readonly error: string | null;
  readonly isStreaming: boolean;
  /** Of ours, beside those of the client. */
  readonly tags: readonly string[];
  readonly startedAt: number;
  readonly firstByteMs: number | null;
  readonly endedAt: number;
}

const kinds: Readonly<Record<Client, inference.RequestKind>> = {
  chat: 'chat',
  completions: 'completion',
  embeddings: 'embedding',
  responses: 'chat',
  messages: 'chat',
  deeplogix: 'chat',
  lyceum: 'chat',
};

/** Who asked, and what would lead to them. */
type Traces = Pick<Facts, 'spaceId' | 'userId' | 'keyId' | 'traceId' | 'correlationId' | 'endUser'>;

const noTraces: Traces = { spaceId: null, userId: null, keyId: null, traceId: null, correlationId: null, endUser: null };

const tracesOf = ({ caller: { principal, spaceId }, traceId, correlationId, endUser }: Asker): Traces => ({
  spaceId: spaceId ?? null,
  // Ids of the credential that was checked: records brand them.
  userId: (personOf(principal) ?? null) as Facts['userId'],
  keyId: (principal.kind === 'key' ? principal.id : null) as Facts['keyId'],
  traceId: traceId ?? null,
  correlationId: correlationId ?? null,
  endUser: endUser ?? null,
});

const tagsOf = ({ tags: ours }: Course, { tags }: Asker): string[] => [...ours, ...tags].slice(0, inference.mostRequestTags);

/**
 * What is told of a request beside its tokens and its cost: where nothing is to be logged, what the bill needs. Field by field: it is made twice for
 * each request, and of objects that are copied together the runtime makes tables, which cost ten times as much.
 */
export const factsOf = (asker: Asker, course: Course): Facts => {
  const { offer } = course;
  const isLogged = asker.logging.policy !== 'off';
  const traces = isLogged ? tracesOf(asker) : noTraces;
  return {
    requestId: asker.requestId,
    orgId: offer.orgId as Facts['orgId'],
    spaceId: traces.spaceId,
    userId: traces.userId,
    keyId: traces.keyId,
    dialect: asker.dialect,
    route: asker.route,
    kind: kinds[asker.client],
    model: offer.model.name,
    upstream: course.upstream,
    status: course.status,
    error: course.error,
    currency: offer.currency,
    priceVersion: course.priceVersion,
    isStreaming: course.isStreaming,
    startedAt: instantOf(course.startedAt),
    firstByteMs: course.firstByteMs,
    durationMs: Math.max(0, course.endedAt - course.startedAt),
    traceId: traces.traceId,
    correlationId: traces.correlationId,
    endUser: traces.endUser,
    tags: isLogged ? tagsOf(course, asker) : [],
    isLogged,
  };
};
