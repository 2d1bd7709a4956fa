import type { IncomingMessage } from 'node:http';
import { Refused } from '../wire/refused.ts';

const mostBytes = 16 * 2 ** 20;
/** What bodies that are being read may come to together: eight of the largest, or thousands as they are. */
const mostTogether = 8 * mostBytes;

const refusal = (status: number, message: string): Refused => new Refused({ status, type: 'invalid_request_error', message });

const full = new Refused({
  status: 503,
  type: 'server_error',
  code: 'engine_overloaded',
  message: 'Too many large requests come in at once. Try again in a moment.',
  retryAfterSeconds: 1,
});

/** Reads what clients send, within a bound for each and one for all. */
export class Bodies {
  private bytes = 0;

  constructor(private readonly most = { each: mostBytes, together: mostTogether }) {}

  /** The body as JSON says it. */
  async jsonOf(request: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let refused: Refused | undefined;
    try {
      // To leave the loop of the request itself would end the connection, and nobody would read why.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        this.bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > this.most.each) refused = refusal(413, `The body has more than ${this.most.each} bytes.`);
        else if (this.bytes > this.most.together) refused = full;
        if (refused) break;
      }
      if (!refused) return parsed(chunks);
    } finally {
      this.bytes -= bytes;
    }
    // The rest is dropped as it comes, for as long as a request may take.
    request.resume();
    throw refused;
  }
}

const parsed = (chunks: readonly Buffer[]): unknown => {
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw refusal(400, 'The body is not JSON.');
  }
};
