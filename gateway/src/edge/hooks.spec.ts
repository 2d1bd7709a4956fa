import type { Log, SpanTold } from '@orrery/telemetry';
import { type FastifyInstance, fastify } from 'fastify';
import { problem } from '../problem.ts';
import { Exchange } from './exchange.ts';
import { beginning, ending } from './hooks.ts';
import { failureWriter } from './respond.ts';

const listen = () => {
  const said: object[] = [];
  const say = (fields: object | string): void => void said.push(Object(fields));
  const log: Log = { fatal: say, error: say, warn: say, info: say, debug: say, trace: say };
  return { log, said };
};

const served = (): FastifyInstance => {
  const app = fastify();
  app.decorateRequest('exchange', undefined);
  return app.addHook('onRequest', beginning('http://localhost'));
};

afterEach(() => {
  jest.restoreAllMocks();
});

it('What nobody foresaw is logged with the trace that its answer names', async () => {
  const { log, said } = listen();
  const app = served();
  const writeFailure = failureWriter({ shapeAt: () => problem, log });
  app.setErrorHandler((error, request, reply) => writeFailure(request, reply, error));
  app.get('/broken', () => {
    throw new Error('broken');
  });
  const { headers, statusCode } = await app.inject('/broken');
  expect(statusCode).toBe(500);
  expect(said).toMatchObject([{ err: { message: 'broken' }, trace_id: headers['trace-id'], span_id: expect.any(String) }]);
});

it('A request is told of by the clock on the wall, also where that was set while the process ran', async () => {
  const { log } = listen();
  const told: SpanTold[] = [];
  const app = served();
  app.addHook('onRequest', (request, _reply, done) => {
    const { exchange } = request;
    if (exchange)
      request.exchange = new Exchange({ ...exchange, span: { ...exchange.span, isTold: true, end: (span) => void told.push(span) } });
    done();
  });
  app.addHook('onResponse', ending(log));
  app.get('/', async () => 'well');
  const hourMs = 3_600_000;
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + hourMs);
  await app.inject('/');
  const [{ startedAt, endedAt } = { startedAt: 0, endedAt: 0 }] = told;
  expect(endedAt).toBe(now + hourMs);
  expect(endedAt - startedAt).toBeGreaterThanOrEqual(0);
  expect(endedAt - startedAt).toBeLessThan(60_000);
});
