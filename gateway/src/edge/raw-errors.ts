import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Log, metrics, SpanKind, startSpan, traceIdNow, within } from '@orrery/telemetry';
import { edgeFailure, type Failure } from '../failure.ts';
import { problem } from '../problem.ts';

const failureOf = (code: string | undefined): Failure => {
  if (code === 'HPE_HEADER_OVERFLOW') return edgeFailure('HeadersTooLarge');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return edgeFailure('RequestTimedOut');
  return edgeFailure('MalformedRequest', { details: { reason: 'This is not an HTTP request that can be understood.' } });
};

const write = (socket: Socket, failure: Failure, traceId: string | undefined): void => {
  const { body, contentType } = problem(failure, { path: '', traceId });
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${failure.status} ${failure.code}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-Id: ${randomUUID()}`,
    ...(traceId === undefined ? [] : [`Trace-Id: ${traceId}`]),
    'Connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${text}`);
};

/** Of such a request neither method nor path is known. */
const unknown = 'unknown';

/** For what never became a request: too few or too many bytes for one, or the wrong ones. No path is known, so no dialect. */
export const rawErrorAnswerer =
  (log: Log) =>
  (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const failure = failureOf(error.code);
    const { status, code } = failure;
    const { span, context } = startSpan('unreadable request', {
      kind: SpanKind.SERVER,
      attributes: { 'http.response.status_code': status },
    });
    within(context, () => {
      write(socket, failure, traceIdNow());
      metrics.http.record(0, { method: unknown, route: unknown, status: String(status) });
      log.debug({ status, code, ip: socket.remoteAddress }, 'unreadable request');
    });
    span.end();
  };
