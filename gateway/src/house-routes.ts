import { openApi } from '@orrery/documents';
import type { FastifyInstance } from 'fastify';
import { edgeFailure, Failed } from './failure.ts';

export interface HouseOptions {
  /** Why this instance should not be sent requests; undefined where it should. */
  readonly notReady: () => string | undefined;
  /** The keys with which access tokens are verified, as RFC 7517 has them. */
  readonly jwks: () => string;
  /** Where people develop: the newest letters, of one address or of all. */
  readonly outbox: ((to: string | undefined) => Promise<unknown>) | undefined;
}

/** How long anybody may keep the list of keys: far shorter than a new key is in it before it signs. */
const jwksSeconds = 120;

/** What belongs to no API: whether this instance lives and may be sent requests, and what there is to ask. Metrics stay inside. */
export const addHouseRoutes = (app: FastifyInstance, { notReady, jwks, outbox }: HouseOptions): void => {
  let document: string | undefined;
  const open = (because: string) => ({ config: { openTo: 'everybody', because } });
  app.get('/health', open('a balancer has no credential, and learns nothing but that this process lives'), async () => ({ status: 'ok' }));
  app.get('/ready', open('a balancer has no credential, and learns nothing of anybody'), async (_request, reply) => {
    const reason = notReady();
    return reason === undefined ? { ready: true } : reply.code(503).send({ ready: false, reason });
  });
  app.get('/openapi.json', open('what can be asked is no secret; what is answered is'), async (_request, reply) => {
    document ??= JSON.stringify(openApi());
    return reply.type('application/json; charset=utf-8').header('cache-control', 'public, max-age=300').send(document);
  });
  app.get('/.well-known/jwks.json', open('public keys, for whoever verifies a token'), async (_request, reply) =>
    reply.type('application/jwk-set+json').header('cache-control', `public, max-age=${jwksSeconds}`).send(Buffer.from(jwks())),
  );
  if (outbox) {
    app.get('/dev/outbox', open('only where people develop, whose letters go nowhere else'), async ({ query }) => {
      const { to } = query as { readonly to?: unknown };
      if (Array.isArray(to)) throw new Failed(edgeFailure('RepeatedParameter', { details: { name: 'to' } }));
      return await outbox(typeof to === 'string' ? to : undefined);
    });
  }
};
