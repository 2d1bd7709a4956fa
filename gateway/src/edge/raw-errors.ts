import type { Socket } from 'node:net';
import { edgeFailure, type Failure } from '../failure.ts';
import { problem } from '../problem.ts';

const failureOf = (code: string | undefined): Failure => {
  if (code === 'HPE_HEADER_OVERFLOW') return edgeFailure('HeadersTooLarge');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return edgeFailure('RequestTimedOut');
  return edgeFailure('MalformedRequest', { details: { reason: 'This is not an HTTP request that can be understood.' } });
};

/** For what never became a request: too few or too many bytes for one, or the wrong ones. No path is known, so no dialect. */
export const answerRawError = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = failureOf(error.code);
  const { body, contentType } = problem(failure, { path: '', traceId: undefined });
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${failure.status} ${failure.code}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${text}`);
};
