import type { Log } from '@orrery/telemetry';
import { type FastifyInstance, fastify } from 'fastify';
import { problem } from '../problem.ts';
import { beginning } from './hooks.ts';
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
