import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

const Attributes = z
  .array(z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) }))
  .default([])
  .transform((list) => new Map(list.map(({ key, value }) => [key, value.stringValue])));

const Export = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes: Attributes }).optional(),
        scopeSpans: z.array(
          z.object({
            spans: z.array(
              z.object({
                traceId: z.string(),
                spanId: z.string(),
                parentSpanId: z.string().optional(),
                name: z.string(),
                startTimeUnixNano: z.coerce.bigint(),
                endTimeUnixNano: z.coerce.bigint(),
              }),
            ),
          }),
        ),
      }),
    )
    .default([]),
});

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly service: string;
  /** Microseconds since the epoch. */
  readonly startUs: number;
  readonly durationUs: number;
}

const micros = (nano: bigint): number => Number(nano / 1_000n);

const spansOf = (body: unknown): Span[] =>
  Export.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, ...span }) => ({
        ...span,
        parentSpanId: span.parentSpanId || undefined,
        service: resource?.attributes.get('service.name') ?? 'unknown',
        startUs: micros(startTimeUnixNano),
        durationUs: micros(endTimeUnixNano - startTimeUnixNano),
      })),
    ),
  );

/** A small OTLP/HTTP (JSON) receiver: what an OpenTelemetry collector would get. Keeps a bounded number of spans. */
export class TraceReceiver {
  private readonly spans: Span[] = [];
  private readonly server: Server;

  constructor(private readonly limit = 50_000) {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const bytes = Buffer.concat(parts);
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
        if (request.url === '/v1/traces') this.keep(spansOf(JSON.parse(text)));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  of(traceId: string): readonly Span[] {
    return this.spans.filter((span) => span.traceId === traceId).sort((a, b) => a.startUs - b.startUs);
  }

  private keep(spans: readonly Span[]): void {
    this.spans.push(...spans);
    if (this.spans.length > this.limit) this.spans.splice(0, this.spans.length - this.limit);
  }
}

/** The spans of a trace as an indented tree, each with the moment it began after the first, and how long it took. */
export const treeOf = (spans: readonly Span[]): string[] => {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const origin = Math.min(...spans.map(({ startUs }) => startUs));
  const under = (parent: string | undefined, depth: number): string[] =>
    spans
      .filter(({ parentSpanId }) =>
        parent === undefined ? parentSpanId === undefined || !known.has(parentSpanId) : parentSpanId === parent,
      )
      .flatMap((span) => {
        const moment = `${((span.startUs - origin) / 1_000).toFixed(1)} ms`.padStart(12);
        const took = `${(span.durationUs / 1_000).toFixed(1)} ms`;
        return [`${moment}  ${'  '.repeat(depth)}${span.name}  [${span.service}, ${took}]`, ...under(span.spanId, depth + 1)];
      });
  return under(undefined, 0);
};
