import type { Log } from '@orrery/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer, Dialect, ErrorShape } from '../dialect.ts';
import { edgeFailure, type Failure, faultOf } from '../failure.ts';
import { completeFailure } from '../inference/run/told-headers.ts';
import { problem } from '../problem.ts';
import { exchangeOf, pathOf, routeOf } from './exchange.ts';

/** Bodies of answers are already text: nothing serialises them again. */
export const respond = (reply: FastifyReply, { status, contentType, body, setCookie, location }: Answer): FastifyReply => {
  if (setCookie !== undefined) reply.header('set-cookie', setCookie);
  if (location !== undefined) reply.header('location', location);
  if (body === '') return reply.code(status).send();
  return reply.code(status).type(contentType).send(Buffer.from(body));
};

type ShapeAt = (path: string, headers?: Readonly<Record<string, unknown>>) => ErrorShape;

/**
 * The shape of errors below a path: of the dialect whose base is the longest that fits; but first of one that shares the base and by whose
 * header its clients are known.
 */
export const errorShapes = (dialects: readonly Dialect[]): ShapeAt => {
  const shapes = dialects
    .flatMap(({ bases, sharedBases = [], error, header }) => [
      ...bases.map((base) => ({ base, error, header, isShared: false })),
      ...sharedBases.map((base) => ({ base, error, header, isShared: true })),
    ])
    .sort((a, b) => b.base.length - a.base.length);
  return (path, headers = {}) => {
    const fitting = shapes.filter(({ base }) => path === base || path.startsWith(`${base}/`));
    const known = fitting.find(({ header }) => header !== undefined && headers[header] !== undefined);
    return (known ?? fitting.find(({ isShared }) => !isShared))?.error ?? problem;
  };
};

/** What fastify itself may say, in our words. */
const fromFramework: Readonly<Record<string, (limit: number) => Failure>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => edgeFailure('UnsupportedMediaType'),
  FST_ERR_CTP_BODY_TOO_LARGE: (limit) => edgeFailure('PayloadTooLarge', { details: { limit }, headers: { connection: 'close' } }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    edgeFailure('MalformedRequest', { details: { reason: 'The body is not as long as its Content-Length says.' } }),
  FST_ERR_BAD_URL: () =>
    edgeFailure('MalformedRequest', { details: { reason: 'The path holds a percent sign that begins no valid code.' } }),
  // No id is that long.
  FST_ERR_MAX_PARAM_LENGTH: () => edgeFailure('RouteNotFound'),
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

export interface FailureWriterOptions {
  readonly shapeAt: ShapeAt;
  readonly log: Log;
}

export type WriteFailure = (request: FastifyRequest, reply: FastifyReply, error: unknown) => FastifyReply;

/** The one place where a failure becomes an answer. What nobody foresaw is logged whole and told in one sentence. */
export const failureWriter =
  ({ shapeAt, log }: FailureWriterOptions): WriteFailure =>
  (request, reply, error) => {
    const failure = fromFramework[codeOf(error)]?.(request.routeOptions.bodyLimit ?? 0) ?? faultOf(error) ?? edgeFailure('Fault');
    const exchange = exchangeOf(request);
    const path = exchange?.path ?? pathOf(request.url);
    if (exchange) exchange.code = failure.code;
    if (failure.status === 500) log.error({ err: error, ...exchange?.named, request_id: request.id }, 'a request failed');
    const { contentType, body, status = failure.status } = shapeAt(path, request.headers)(failure, { path, traceId: exchange?.traceId });
    reply.headers(failure.headers);
    const route = routeOf(request);
    if (route?.kind === 'paid') completeFailure(reply, route.client);
    return respond(reply, { status, contentType, body: JSON.stringify(body) });
  };
