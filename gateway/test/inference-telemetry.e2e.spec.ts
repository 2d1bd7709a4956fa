import { completes, eventually, refuses } from '@orrery/testing';
import {
  type Customer,
  type InferenceSystem,
  type MortalGateway,
  nanosPerToken,
  startInferenceSystem,
} from './fixtures/inference-system.ts';
import { type OtlpCollector, startOtlpCollector, type ToldSpan } from './fixtures/otlp-collector.ts';

describe('What a call of a model tells whoever watches', () => {
  let collector: OtlpCollector;
  let system: InferenceSystem;
  let gateway: MortalGateway;
  let customer: Customer;
  let key: string;

  beforeAll(async () => {
    collector = await startOtlpCollector();
    system = await startInferenceSystem({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '300',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    });
    customer = await system.customer();
    key = await customer.key();
    gateway = await system.startMortalGateway();
    await eventually(async () => expect((await call()).status).toBe(200), { within: 30_000 });
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await collector?.close();
  }, 60_000);
  beforeEach(() => system.model.always(completes()));

  const call = (body = {}, more: object = {}) => system.chat(key, body, { url: gateway.url, ...more });
  const idOf = ({ headers }: Response) => headers.get('x-orrery-request-id');
  const spanOf = (answer: Response): Promise<ToldSpan> =>
    eventually(
      () => {
        const span = collector.spans.find(({ attributes }) => attributes['orrery.request_id'] === idOf(answer));
        if (span === undefined) throw new Error('no span yet');
        return span;
      },
      { within: 10_000 },
    );

  it('is a span of its own, below that of the request, as the conventions for generative AI have it', async () => {
    const answer = await call({ max_tokens: 7 });
    await answer.text();
    const span = await spanOf(answer);
    expect(span).toMatchObject({
      name: 'chat acme/one',
      kind: 3,
      traceId: answer.headers.get('trace-id'),
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'gpu',
        'gen_ai.request.model': 'acme/one',
        'gen_ai.response.model': 'acme/one',
        'gen_ai.request.max_tokens': 7,
        'gen_ai.usage.input_tokens': 11,
        'gen_ai.usage.output_tokens': 4,
        'orrery.cost': String(4n * nanosPerToken),
        'orrery.currency': 'EUR',
        'orrery.outcome': 'finished',
        'orrery.org_id': customer.orgId,
      },
    });
    expect(span.attributes['error.type']).toBeUndefined();
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    const above = await eventually(() => {
      const found = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
      if (found === undefined) throw new Error('no span above it yet');
      return found;
    });
    expect(above).toMatchObject({ name: 'POST /v1/chat/completions', kind: 2 });
  }, 30_000);

  it('says what went wrong', async () => {
    system.model.next(refuses(400));
    const answer = await call();
    expect(answer.status).toBe(400);
    const span = await spanOf(answer);
    expect(span.attributes).toMatchObject({ 'error.type': 'ModelRefused', 'orrery.outcome': 'failed-before-the-first-byte' });
    expect(span.status).toMatchObject({ code: 2 });
  }, 20_000);

  it('is counted and measured, by models and upstreams, never by who asked', async () => {
    const answer = await call({ stream: true });
    await answer.text();
    await spanOf(answer);
    const labels = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'gpu', 'gen_ai.request.model': 'acme/one' };
    const points = (name: string) => collector.metric(name)?.points ?? [];
    await eventually(
      () => {
        expect(collector.metric('gen_ai.client.operation.duration')).toMatchObject({ unit: 's' });
        for (const name of [
          'gen_ai.client.operation.duration',
          'gen_ai.server.time_to_first_token',
          'gen_ai.server.time_per_output_token',
        ]) {
          expect(points(name)).toContainEqual(expect.objectContaining({ attributes: labels }));
        }
        const ofTokens = points('gen_ai.client.token.usage');
        for (const type of ['input', 'output']) {
          expect(ofTokens).toContainEqual(expect.objectContaining({ attributes: { ...labels, 'gen_ai.token.type': type } }));
        }
        expect(points('orrery_inference_cost_total').map(({ attributes }) => attributes)).toEqual([
          { model: 'acme/one', provider: 'gpu', currency: 'EUR' },
        ]);
        expect(points('gen_ai.client.operation.duration').map(({ attributes }) => attributes['error.type'])).toContain('ModelRefused');
      },
      { within: 10_000 },
    );
  }, 30_000);

  it('tells of no single request where nothing is to be logged', async () => {
    await customer.call('put', `/orgs/${customer.slug}/inference-settings`, { logging: { policy: 'off' } });
    await eventually(
      async () => {
        const hidden = await call();
        const next = await call({}, { path: '/v1/models-that-are-none' });
        await eventually(() => expect(collector.spans.some(({ traceId }) => traceId === next.headers.get('trace-id'))).toBe(true));
        expect(collector.spans.some(({ traceId }) => traceId === hidden.headers.get('trace-id'))).toBe(true);
        expect(collector.spans.some(({ attributes }) => attributes['orrery.request_id'] === idOf(hidden))).toBe(false);
      },
      { within: 20_000 },
    );
  }, 40_000);
});
