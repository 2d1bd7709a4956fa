import type { Currency, inference, OrgId, UserId } from '@orrery/contracts';
import { boolean, instant, integer, json, nanos, nullable, type TableRow, table, text, uuid } from '@orrery/event-store';

/**
 * What each request for inference was, one row each. It is told once and never changes; that no request is in it twice is for the index on its id to say.
 * The settlement comes first in the key: a bill is followed to its requests.
 */
export const inferenceLog = table({
  table: 'inference_log',
  columns: {
    settlementId: uuid<inference.SettlementId>(),
    requestId: uuid<inference.RequestId>(),
    orgId: uuid<OrgId>(),
    spaceId: nullable(uuid()),
    userId: nullable(uuid<UserId>()),
    keyId: nullable(uuid<NonNullable<inference.UsageRecord['keyId']>>()),
    dialect: text(),
    route: text(),
    kind: text<inference.RequestKind>(),
    model: text<inference.UsageRecord['model']>(),
    upstream: nullable(text()),
    outcome: text<inference.Outcome>(),
    status: integer(),
    error: nullable(text()),
    input: integer(),
    output: integer(),
    cached: integer(),
    isEstimated: boolean(),
    attempts: integer(),
    cost: nanos(),
    currency: text<Currency>(),
    priceVersion: nullable(integer()),
    isStreaming: boolean(),
    startedAt: instant(),
    firstByteMs: nullable(integer()),
    durationMs: integer(),
    traceId: nullable(text()),
    correlationId: nullable(text()),
    endUser: nullable(text()),
    tags: json<string[]>(),
    isLogged: boolean(),
    settledAt: instant(),
  },
  key: ['settlementId', 'requestId'],
});

/** As its organization reads it. */
export const lineOf = ({ isLogged: _, ...line }: TableRow<typeof inferenceLog>): inference.LoggedRequest => line;
