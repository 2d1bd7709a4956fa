import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A client that takes nothing for so long holds a sequence that others wait for. */
const slowMs = 30_000;

/** Server-sent events as OpenAI sends them: a line of JSON each, and `[DONE]` at the end. */
export class EventStream {
  constructor(
    private readonly response: ServerResponse,
    private readonly signal: AbortSignal,
  ) {}

  begin(): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    this.response.flushHeaders();
  }

  async send(...events: readonly object[]): Promise<void> {
    for (const event of events) await this.write(JSON.stringify(event));
  }

  /** What went wrong after the beginning can only be told as an event; there is no `[DONE]` after it. */
  fail(body: object): void {
    this.response.end(`data: ${JSON.stringify(body)}\n\n`);
  }

  async end(): Promise<void> {
    await this.write('[DONE]');
    this.response.end();
  }

  private async write(data: string): Promise<void> {
    this.signal.throwIfAborted();
    if (this.response.write(`data: ${data}\n\n`)) return;
    await once(this.response, 'drain', { signal: AbortSignal.any([this.signal, AbortSignal.timeout(slowMs)]) });
  }
}
