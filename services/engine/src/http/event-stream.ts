import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** A client that takes nothing for so long holds a sequence that others wait for, or an answer in memory. */
const slowMs = 30_000;

/** Server-sent events as OpenAI sends them: a line of JSON each, and `[DONE]` at the end. */
export class EventStream {
  constructor(
    private readonly response: ServerResponse,
    private readonly signal: AbortSignal,
    private readonly patienceMs = slowMs,
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

  /** Who takes nothing in its time is cut off, which aborts the signal. */
  private async write(data: string): Promise<void> {
    this.signal.throwIfAborted();
    if (this.response.write(`data: ${data}\n\n`)) return;
    const slow = setTimeout(() => this.response.destroy(), this.patienceMs);
    try {
      await once(this.response, 'drain', { signal: this.signal });
    } finally {
      clearTimeout(slow);
    }
  }
}
