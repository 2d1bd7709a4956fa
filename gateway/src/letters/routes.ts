import { traceparentNow, within } from '@orrery/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nobodyKnown } from '../access/authenticate.ts';
import { isFromHere } from '../access/session-cookie.ts';
import { exchangeOf } from '../edge/exchange.ts';
import { takeForms } from '../edge/take-forms.ts';
import { edgeFailure, Failed } from '../failure.ts';
import { limit, type OauthRoutes } from '../oauth/routes.ts';
import { during } from '../oauth/visit.ts';
import type { Answered, Letters } from './letters.ts';
import { invitePage, letterHeaders, resetPasswordPage, type Shown, verifyEmailPage } from './pages.ts';

export interface LetterRoutes extends Pick<OauthRoutes, 'gatekeepers' | 'publicUrl'> {
  readonly letters: Letters;
}

const bodyBytes = 8_192;
const policy = { openTo: 'everybody', because: 'whoever follows a link of a letter has nothing but the token in it, and that is judged' };

interface Page {
  readonly path: string;
  readonly empty: (shown: Shown) => string;
  readonly take: (letters: Letters, form: URLSearchParams) => Promise<Answered>;
}

const pages: readonly Page[] = [
  { path: '/verify-email', empty: verifyEmailPage, take: (letters, form) => letters.verifyEmail(form) },
  { path: '/reset-password', empty: resetPasswordPage, take: (letters, form) => letters.resetPassword(form) },
  { path: '/invite', empty: invitePage, take: (letters, form) => letters.invite(form) },
];

const taken = async (request: FastifyRequest, take: Page['take'], { letters, publicUrl }: LetterRoutes): Promise<Answered> => {
  if (!isFromHere(request.method, request.headers, publicUrl)) throw new Failed(edgeFailure('CrossSite'));
  const exchange = exchangeOf(request);
  if (!exchange) throw new TypeError('a route was reached past the hook that begins every request');
  const form = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
  const { ip, id: requestId, headers } = request;
  return await within(exchange.context, () => {
    const visit = { ip, userAgent: headers['user-agent'], requestId, traceparent: traceparentNow(), who: nobodyKnown };
    return during(visit, () => take(letters, form));
  });
};

/** The pages that letters lead to. */
export const addLetterRoutes = (app: FastifyInstance, parts: LetterRoutes): void => {
  void app.register((scope, _options, finish) => {
    takeForms(scope, bodyBytes, 'forms');
    scope.addHook('onRequest', (request, reply) => limit(request, reply, parts));
    for (const { path, empty, take } of pages) {
      scope.get(path, { config: policy }, (_request, reply): FastifyReply => reply.headers(letterHeaders).send(empty({})));
      scope.post(path, { config: policy }, async (request, reply) => {
        const { isDone, page } = await taken(request, take, parts);
        return reply
          .code(isDone ? 200 : 400)
          .headers(letterHeaders)
          .send(page);
      });
    }
    finish();
  });
};
