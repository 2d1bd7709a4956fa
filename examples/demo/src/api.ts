import { createParser } from 'eventsource-parser';
import type { z } from 'zod';

/** A call that did not answer as it should; the message is for the person who watches the demo. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

export interface Answer<T> {
  readonly value: T;
  readonly traceId: string | undefined;
}

const callTimeoutMs = 15_000;
const streamTimeoutMs = 120_000;

/** A client of the public HTTP API: nothing here that a customer could not do. */
export class Api {
  constructor(private readonly origin: string) {}

  async call<S extends z.ZodType>(schema: S, call: Call): Promise<Answer<z.output<S>>> {
    const response = await this.request(call, AbortSignal.timeout(callTimeoutMs));
    const text = await response.text();
    if (!response.ok) throw new CallFailed(`${call.method ?? 'GET'} ${call.path} answered ${response.status}: ${text.slice(0, 500)}`);
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new CallFailed(`${call.path} answered something unexpected: ${parsed.error.message}`);
    return { value: parsed.data, traceId: response.headers.get('trace-id') ?? undefined };
  }

  /** Server-sent events, one parsed `data` at a time, until the server ends the stream. */
  async *events(url: string, token: string): AsyncGenerator<unknown> {
    const response = await this.request({ path: url, token }, AbortSignal.timeout(streamTimeoutMs));
    if (!response.ok || !response.body) throw new CallFailed(`GET ${url} answered ${response.status}: ${await response.text()}`);
    const ready: unknown[] = [];
    const parser = createParser({ onEvent: ({ data }) => ready.push(JSON.parse(data)) });
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* ready.splice(0);
    }
  }

  private async request({ method = 'GET', path, body, token }: Call, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      return await fetch(new URL(path, this.origin), {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new CallFailed(`${method} ${path} got no answer from ${this.origin}`, { cause });
    }
  }
}
