import type { IncomingMessage } from 'node:http';
import { Refused } from '../wire/refused.ts';

const mostBytes = 16 * 2 ** 20;

const refusal = (status: number, message: string): Refused => new Refused({ status, type: 'invalid_request_error', message });

/** The body as JSON says it. */
export const jsonOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // To leave the loop of the request itself would end the connection, and nobody would read why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) break;
    chunks.push(chunk);
  }
  if (bytes > mostBytes) {
    // The rest is dropped as it comes, for as long as a request may take.
    request.resume();
    throw refusal(413, `The body has more than ${mostBytes} bytes.`);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw refusal(400, 'The body is not JSON.');
  }
};
