import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { startCollector } from './collector.ts';

// Whole processes and servers start here, on machines that may be busy.
jest.setTimeout(60_000);

const run = promisify(execFile);
const root = resolve(__dirname, '../../..');

interface Saw {
  readonly traceId: string;
  readonly traceparent: string;
  readonly header: string;
  readonly error: string;
  readonly loaded: boolean;
}

/** The built package in a process of its own: instrumentation needs Node's own loader. */
const work = async (env: Record<string, string>): Promise<{ saw: Saw; lines: Record<string, unknown>[] }> => {
  const { stdout } = await run(
    process.execPath,
    ['--import', resolve(root, 'libs/telemetry/dist/start.js'), resolve(__dirname, 'fixtures/work.mjs')],
    {
      env: { PATH: process.env.PATH, ORRERY_POSTGRES_URL: process.env.ORRERY_POSTGRES_URL, ...env },
      timeout: 20_000,
    },
  );
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // What it saw it says past the log, whose lines gather for a turn.
  return { saw: lines.find(({ saw }) => saw !== undefined).saw, lines: lines.filter(({ saw }) => saw === undefined) };
};

const attributesOf = (attributes: { key: string; value: Record<string, unknown> }[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

const traceId = '0af7651916cd43dd8448eb211c80319c';
let collector: Awaited<ReturnType<typeof startCollector>>;

beforeAll(async () => {
  await run(process.execPath, [resolve(root, 'node_modules/typescript-native/bin/tsc'), '-b', resolve(root, 'libs/telemetry')], {
    timeout: 60_000,
  });
});
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

describe('telemetry with an endpoint', () => {
  it('exports spans, metrics and log lines as JSON when told to, all in the trace that came in', async () => {
    await work({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_SERVICE_NAME: 'otlp-test' });
    expect(new Set(collector.received.map(({ contentType }) => contentType))).toEqual(new Set(['application/json']));

    const { resource, scopeSpans } = collector.json('/v1/traces')[0].resourceSpans[0];
    expect(attributesOf(resource.attributes)).toMatchObject({ 'service.name': 'otlp-test' });
    const spans = scopeSpans.flatMap((scope: { spans: object[] }) => scope.spans);
    const named = (name: string) => spans.find((span: { name: string }) => span.name === name);
    const submit = named('execution.submit-run');
    expect(submit).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2, status: { code: 2, message: 'broken' } });
    expect(attributesOf(submit.attributes)).toMatchObject({ kind: 'test', 'orrery.org_id': 'org-1' });
    expect(named('append')).toMatchObject({ traceId, parentSpanId: submit.spanId });
    expect(named('pg.query:SELECT postgres')).toMatchObject({ traceId, parentSpanId: submit.spanId, kind: 3 });
    expect(named('GET')).toMatchObject({ traceId, parentSpanId: submit.spanId, kind: 3 });
    expect(named('leak')).toMatchObject({ status: { code: 2, message: 'refused [redacted]' } });
    expect(JSON.stringify(spans)).not.toContain('abcdefghij');
    expect(named('POST /late')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', kind: 2 });
    expect(attributesOf(named('POST /late').attributes)).toEqual({ late: true });
    expect(named('part of it')).toMatchObject({ traceId, parentSpanId: named('POST /late').spanId, kind: 3, status: { code: 2 } });
    expect(spans).toHaveLength(7);

    const metrics = collector
      .json('/v1/metrics')
      .flatMap(({ resourceMetrics }) => resourceMetrics[0].scopeMetrics.flatMap((scope: { metrics: object[] }) => scope.metrics));
    const appended = metrics.find(({ name }) => name === 'orrery_appended_events_total');
    expect(appended.sum.dataPoints[0]).toMatchObject({ asDouble: 2 });
    expect(metrics.map(({ name }) => name)).toContain('orrery_process_resident_memory_bytes');

    const [{ logRecords }] = collector.json('/v1/logs')[0].resourceLogs[0].scopeLogs;
    expect(logRecords).toHaveLength(2);
    expect(logRecords[0]).toMatchObject({ body: { stringValue: 'late' }, traceId, spanId: named('POST /late').spanId });
    expect(logRecords[1]).toMatchObject({ severityText: 'warn', body: { stringValue: 'placed' }, traceId });
    expect(attributesOf(logRecords[1].attributes)).toMatchObject({ runId: 'r1', org_id: 'org-1', password: '[redacted]' });
  });

  it('speaks protobuf by itself, and hands the trace on in headers of outgoing requests', async () => {
    const { saw } = await work({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(new Set(collector.received.map(({ contentType }) => contentType))).toEqual(new Set(['application/x-protobuf']));
    expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics', '/v1/logs']));
    expect(collector.received.filter(({ path, body }) => path === '/v1/traces' && body.includes('POST /late'))).toHaveLength(1);
    expect(saw.header).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  });

  it('sends only the signal whose endpoint is named', async () => {
    await work({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector.url}/v1/logs`, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    expect(collector.received.map(({ path }) => path)).toEqual(['/v1/logs']);
    expect(collector.json('/v1/logs')[0].resourceLogs[0].scopeLogs[0].logRecords[0]).toMatchObject({ traceId });
  });

  it('says so, once, when the collector is down, and works on', async () => {
    await collector.close();
    const { saw, lines } = await work({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    expect(saw).toMatchObject({ traceId, error: 'broken' });
    const complaints = lines.filter(({ msg }) => msg === 'telemetry could not be exported');
    expect(complaints.length).toBeGreaterThan(0);
    expect(complaints.length).toBeLessThanOrEqual(3);
  });
});

describe('telemetry without an endpoint', () => {
  it('sends nothing and loads no SDK, yet every span and line has its ids', async () => {
    const { saw, lines } = await work({});
    expect(collector.received).toEqual([]);
    expect(saw).toMatchObject({ traceId, error: 'broken', loaded: false });
    expect(saw.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(lines.find(({ msg }) => msg === 'placed')).toMatchObject({
      level: 'warn',
      service: 'execution',
      msg: 'placed',
      trace_id: traceId,
      org_id: 'org-1',
      password: '[redacted]',
    });
  });
});

const talking = `
  import { logOf } from '@orrery/telemetry';
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let line = 0; line < 3; line += 1) logOf('execution').warn('nobody reads this');
  process.stderr.write('went on');
  process.exit(0);
`;

describe('a process whose lines nobody reads any more', () => {
  it('goes on', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', talking], {
      cwd: resolve(root, 'libs/telemetry'),
      env: { PATH: process.env.PATH, ORRERY_LOG_LEVEL: 'info' },
    });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
    });
    child.stdin.end('now');
    const [code] = await once(child, 'close');
    expect([code, said]).toEqual([0, 'went on']);
  });
});
