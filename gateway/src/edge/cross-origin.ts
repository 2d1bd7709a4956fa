import type { FastifyReply, FastifyRequest } from 'fastify';

const sent =
  'authorization, content-type, idempotency-key, last-event-id, traceparent, x-neo-api-key, x-orrery-cache, x-org-slug, x-request-id, x-space-id';
const rates = ['limit', 'remaining', 'reset'].flatMap((name) => [`ratelimit-${name}`, `x-ratelimit-${name}`]);
const ofCalls = ['request-id', 'x-orrery-request-id', 'x-orrery-cost', 'x-orrery-cache', 'age', 'x-should-retry', 'idempotent-replayed'];
const read = ['x-request-id', 'trace-id', 'traceparent', 'retry-after', 'ratelimit-policy', ...rates, ...ofCalls].join(', ');
const rememberedSeconds = '7200';

/** Which pages of other origins may read the answers: none, some, or with `*` all. Credentials are bearers, never cookies. */
export const allowOrigins = (origins: readonly string[]): ((request: FastifyRequest, reply: FastifyReply) => void) => {
  const all = origins.includes('*');
  const allowed = new Set(origins);
  return ({ headers: { origin } }, reply) => {
    if (!all) reply.header('vary', 'Origin');
    if (origin === undefined || !(all || allowed.has(origin))) return;
    reply.header('access-control-allow-origin', all ? '*' : origin);
    reply.header('access-control-expose-headers', read);
  };
};

/** What a browser asks before it dares to ask. */
export const answerPreflight = (request: FastifyRequest, reply: FastifyReply, methods: readonly string[]): void => {
  if (reply.getHeader('access-control-allow-origin') === undefined || !request.headers['access-control-request-method']) return;
  reply.headers({
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': sent,
    'access-control-max-age': rememberedSeconds,
  });
};
