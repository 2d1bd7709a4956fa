import { openApi } from '@orrery/documents';
import type { FastifyInstance } from 'fastify';

export interface HouseOptions {
  /** Why this instance should not be sent requests; undefined where it should. */
  readonly notReady: () => string | undefined;
}

/** What belongs to no API: whether this instance lives and may be sent requests, and what there is to ask. Metrics stay inside. */
export const addHouseRoutes = (app: FastifyInstance, { notReady }: HouseOptions): void => {
  let document: string | undefined;
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/ready', async (_request, reply) => {
    const reason = notReady();
    return reason === undefined ? { ready: true } : reply.code(503).send({ ready: false, reason });
  });
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(openApi());
    return reply.type('application/json; charset=utf-8').header('cache-control', 'public, max-age=300').send(document);
  });
};
