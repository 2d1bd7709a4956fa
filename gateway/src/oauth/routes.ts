import { IncomingMessage } from 'node:http';
import { type Log, traceparentNow, within } from '@orrery/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Identity, nobodyKnown } from '../access/authenticate.ts';
import { nobody } from '../access/caller.ts';
import { ambiguous, isFromHere, sessionIn } from '../access/session-cookie.ts';
import type { Gatekeepers } from '../edge/admit.ts';
import { exchangeOf, pathOf } from '../edge/exchange.ts';
import { assertForm, takeForms } from '../edge/take-forms.ts';
import { edgeFailure, Failed } from '../failure.ts';
import { rateLimitHeaders, retryAfterSeconds } from '../limit/headers.ts';
import { routes } from './configuration.ts';
import { translated } from './form.ts';
import { base } from './issuer.ts';
import { isOver, type Oauth } from './oauth.ts';
import { pageHeaders, problemPage } from './pages.ts';
import { during } from './visit.ts';

export interface OauthRoutes {
  readonly oauth: Oauth;
  readonly gatekeepers: Pick<Gatekeepers, 'authenticator' | 'limiting'>;
  readonly publicUrl: string;
  readonly log: Log;
}

/** Forms are short. */
const bodyBytes = 32_768;
const wellKnown = '/.well-known/openid-configuration';

/** Whom the session cookie stands for; a stale one is none. */
const whoIs = async (request: FastifyRequest, { gatekeepers: { authenticator } }: OauthRoutes): Promise<Identity> => {
  const cookie = sessionIn(request.headers.cookie);
  if (cookie === undefined || cookie === ambiguous || cookie === '') return nobodyKnown;
  try {
    const identity = await authenticator.identify({ authorization: undefined, cookie, ip: request.ip });
    return identity.kind === 'pending' ? await authenticator.settled(identity) : identity;
  } catch (error) {
    if (error instanceof Failed && error.failure.status === 401) return nobodyKnown;
    throw error;
  }
};

/** Pages and forms are counted like log-ins, by address. */
export const limit = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { gatekeepers: { limiting } }: Pick<OauthRoutes, 'gatekeepers'>,
): Promise<void> => {
  const kind = request.method === 'POST' ? 'login' : 'anonymous';
  const ruling = await limiting.judge({ kind, caller: nobody, isOwnKey: false, ip: request.ip });
  reply.headers(rateLimitHeaders(ruling, Date.now()));
  if (ruling.isAllowed) return;
  const seconds = retryAfterSeconds(ruling);
  const details = { retryAfterSeconds: seconds, limit: ruling.bucket.of };
  throw new Failed(edgeFailure('RateLimited', { details, headers: { 'retry-after': String(seconds) } }));
};

/** The request as the provider is to see it: under the one name people reach us by, whatever the request says. */
const rewritten = async (request: FastifyRequest, { oauth, publicUrl }: OauthRoutes): Promise<IncomingMessage> => {
  const { raw } = request;
  const path = pathOf(request.url);
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
  const given = isForm && Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
  const { authorization: shown, ...headers } = raw.headers;
  const { authorization, form } = await translated(path, { authorization: shown, form: new URLSearchParams(given) }, oauth);
  const body = Buffer.from(form.toString());
  const { host, protocol } = new URL(publicUrl);
  const message = new IncomingMessage(raw.socket);
  message.method = raw.method ?? 'GET';
  message.url = path === '/.well-known/oauth-authorization-server' ? wellKnown : (raw.url ?? '/');
  message.headers = {
    ...headers,
    host,
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.replace(':', ''),
    'content-length': String(body.length),
  };
  delete message.headers['x-forwarded-for'];
  delete message.headers['transfer-encoding'];
  if (authorization !== undefined) message.headers.authorization = authorization;
  if (body.length > 0) message.headers['content-type'] = 'application/x-www-form-urlencoded';
  // All of it is there: a message that ends early takes its connection with it.
  message.complete = true;
  message.push(body);
  message.push(null);
  return message;
};

/** The provider's page that sends on a code which came in the address: it adds the one script to what may run. */
const deviceHeaders = {
  'content-security-policy': "default-src 'none'; script-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
};

const endpoints: ReadonlySet<string> = new Set(Object.values(routes));
/** A question under way, by the id that the provider gave it. */
const underWay = new RegExp(`^(?:${base}/interaction|${routes.authorization}|${routes.code_verification})/[\\w-]{20,64}$`);

/** The provider takes other spellings of a path for the same one. What is judged here by its path is spelled in one way, or not there. */
const assertThere = (path: string): void => {
  if (!path.startsWith(`${base}/`) || endpoints.has(path) || underWay.test(path)) return;
  throw new Failed(edgeFailure('RouteNotFound', { details: { path } }));
};

const isPage = (path: string): boolean => path.startsWith(`${base}/interaction/`);

/** A form of ours is sent from a page of ours and as forms are, or not at all; what programs send, the protocol judges. */
const assertFromHere = (request: FastifyRequest, publicUrl: string): void => {
  const path = pathOf(request.url);
  if (!isPage(path) && path !== `${base}/device`) return;
  if (!isFromHere(request.method, request.headers, publicUrl)) throw new Failed(edgeFailure('CrossSite'));
  if (request.method === 'POST') assertForm(request);
};

const serve = async (request: FastifyRequest, reply: FastifyReply, parts: OauthRoutes): Promise<void> => {
  const { oauth } = parts;
  const { provider } = oauth;
  if (!provider) throw new Failed(edgeFailure('ServiceUnavailable', { details: { service: 'identity' }, headers: { 'retry-after': '1' } }));
  const message = await rewritten(request, parts);
  const visit = {
    ip: request.ip,
    userAgent: request.headers['user-agent'],
    requestId: request.id,
    traceparent: traceparentNow(),
    who: await whoIs(request, parts),
  };
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
  if (pathOf(request.url) === `${base}/device`) for (const [name, value] of Object.entries(deviceHeaders)) reply.raw.setHeader(name, value);
  await during(visit, async () => {
    if (!isPage(pathOf(request.url))) return await provider.callback()(message, reply.raw);
    const given = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
    const form = request.method === 'POST' ? new URLSearchParams(given) : undefined;
    await oauth.interactions.take({ provider, req: message, res: reply.raw, form });
  }).catch((error: unknown) => brokenPage(reply, error, parts.log));
};

/** The reply is the page's own by now, so what goes wrong is told here. */
const brokenPage = (reply: FastifyReply, error: unknown, log: Log): void => {
  const { raw } = reply;
  if (raw.headersSent) {
    raw.destroy();
    return;
  }
  if (!isOver(error)) log.error({ err: error }, 'a page of the provider of OAuth failed');
  raw.statusCode = isOver(error) ? 400 : 500;
  for (const [name, value] of Object.entries(pageHeaders())) raw.setHeader(name, value);
  const sentence = isOver(error)
    ? 'This question is answered already, or was asked too long ago: begin again in the application.'
    : 'Something broke on our side: try again.';
  raw.end(problemPage('This did not work', sentence));
};

const discovery = { openTo: 'everybody', because: 'it says where the endpoints are, which is no secret' };
const protocol = {
  openTo: 'everybody',
  because: 'the protocol itself asks for what each of its endpoints needs: a secret, a code, a log-in',
};

/** The endpoints of OAuth 2.0 and OpenID Connect, and the pages that belong to them. */
export const addOauthRoutes = (app: FastifyInstance, parts: OauthRoutes): void => {
  void app.register((scope, _options, done) => {
    takeForms(scope, bodyBytes, '*');
    scope.addHook('onRequest', (request, reply) => limit(request, reply, parts));
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      assertThere(pathOf(request.url));
      assertFromHere(request, parts.publicUrl);
      const exchange = exchangeOf(request);
      if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
      await within(exchange.context, () => serve(request, reply, parts));
      return reply;
    };
    for (const url of [wellKnown, '/.well-known/oauth-authorization-server']) scope.get(url, { config: discovery }, handler);
    scope.get(`${base}/*`, { config: protocol }, handler);
    scope.post(`${base}/*`, { config: protocol }, handler);
    done();
  });
};
