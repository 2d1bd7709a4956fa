import type { IncomingMessage, ServerResponse } from 'node:http';
import { identity, type Principal } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { Interaction, Provider } from 'oidc-provider';
import { clearingSession, settingSession } from '../access/session-cookie.ts';
import { sentenceOf } from '../sentences.ts';
import { consentPage, logInPage, pageHeaders, secondFactorPage } from './pages.ts';
import { granted } from './refused.ts';
import { type Asker, personNow, visitNow } from './visit.ts';

export interface Step {
  readonly provider: Provider;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Undefined where somebody only looks. */
  readonly form: URLSearchParams | undefined;
}

interface Under extends Step {
  readonly details: Interaction;
}

const sentenceFor = ({ code, details }: Rejection): string => sentenceOf(code, { ...details });
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const principalOf = (id: string): Principal => ({ kind: 'user', id, permissions: [] });

/** With these a person who is logged in must show again who they are. */
const again = new Set(['login_prompt', 'max_age', 'id_token_hint', 'claims_id_token_sub_value', 'essential_acr', 'essential_acrs']);

/** What people see between an application's question and its answer: who they are, and what they let it do. */
export class Interactions {
  readonly #asker: Asker;
  readonly #publicUrl: string;

  constructor(asker: Asker, publicUrl: string) {
    this.#asker = asker;
    this.#publicUrl = publicUrl;
  }

  async take(step: Step): Promise<void> {
    const details = await step.provider.interactionDetails(step.req, step.res);
    const under = { ...step, details };
    switch (step.form?.get('step') ?? undefined) {
      case 'log-in':
        return await this.#logIn(under);
      case 'second-factor':
        return await this.#secondFactor(under);
      case 'allow':
        return await this.#allow(under);
      case 'deny':
        return await step.provider.interactionFinished(step.req, step.res, {
          error: 'access_denied',
          error_description: 'the person has refused',
        });
      case 'other':
        step.res.setHeader('set-cookie', clearingSession(this.#publicUrl));
        return this.#goTo(step.res, step.req.url ?? '/');
      case undefined:
        return await this.#look(under);
    }
    return this.#goTo(step.res, step.req.url ?? '/');
  }

  async #look(under: Under): Promise<void> {
    const { prompt, session } = under.details;
    const person = personNow();
    if (visitNow()?.who.kind === 'pending') return this.#show(under, secondFactorPage({}));
    if (prompt.name === 'login') {
      const isKnown = person !== undefined && !prompt.reasons.some((reason) => again.has(reason));
      if (isKnown) return await this.#loggedIn(under, person);
      return this.#show(under, await this.#logInPage(under));
    }
    // Whoever was asked has gone meanwhile, or is somebody else.
    if (person === undefined || person !== session?.accountId) return this.#show(under, await this.#logInPage(under));
    const me = granted(await this.#asker.ask(identity.GetMe, {}, principalOf(person)));
    const redirectUri = textOf(under.details.params['redirect_uri']);
    const scopes = (textOf(under.details.params['scope']) ?? '').split(' ').filter(Boolean);
    this.#show(under, consentPage({ app: await this.#appOf(under), email: me.email, scopes, redirectUri }));
  }

  async #logIn(under: Under): Promise<void> {
    const { form, res } = under;
    const [email, password] = [form?.get('email') ?? '', form?.get('password') ?? ''];
    const input = identity.LogIn.input.safeParse({ email, password });
    if (!input.success) return this.#show(under, await this.#logInPage(under, { email, problem: sentenceOf('BadCredentials', {}) }));
    const outcome = await this.#asker.ask(identity.LogIn, input.data, { kind: 'nobody' });
    if (!outcome.accepted) {
      return this.#show(under, await this.#logInPage(under, { email, problem: sentenceFor(outcome.rejection) }));
    }
    const { accessToken, expiresIn, userId, secondFactorNeeded } = outcome.value;
    res.setHeader('set-cookie', settingSession(accessToken, expiresIn, this.#publicUrl));
    if (secondFactorNeeded) return this.#show(under, secondFactorPage({}));
    await this.#loggedIn(under, userId);
  }

  async #secondFactor(under: Under): Promise<void> {
    const who = visitNow()?.who;
    if (who?.kind !== 'pending') return await this.#look(under);
    const input = identity.ShowSecondFactor.input.safeParse({ proof: { code: under.form?.get('code') ?? '' } });
    if (!input.success) return this.#show(under, secondFactorPage({ problem: sentenceOf('WrongCode', {}) }));
    const { userId: id, sessionId } = who;
    const outcome = await this.#asker.ask(identity.ShowSecondFactor, input.data, { kind: 'pending', id, sessionId });
    if (!outcome.accepted) return this.#show(under, secondFactorPage({ problem: sentenceFor(outcome.rejection) }));
    await this.#loggedIn(under, id);
  }

  async #allow(under: Under): Promise<void> {
    const { provider, req, res, details } = under;
    const person = personNow();
    const { prompt, session } = details;
    // Consent is given by whoever was asked, while they are logged in.
    if (prompt.name !== 'consent' || person === undefined || person !== session?.accountId) return await this.#look(under);
    const clientId = identity.OauthAppId.parse(details.params['client_id']);
    const known = details.grantId === undefined ? undefined : await provider.Grant.find(details.grantId);
    const grant = known ?? new provider.Grant({ accountId: person, clientId });
    grant.addOIDCScope(textOf(details.params['scope']) ?? '');
    const grantId = await grant.save();
    const scopes = identity.OauthScope.array().parse(grant.getOIDCScope().split(' '));
    granted(await this.#asker.ask(identity.GrantOauthAccess, { grantId, appId: clientId, scopes }, principalOf(person)));
    await provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
  }

  #loggedIn({ provider, req, res }: Under, accountId: string): Promise<void> {
    return provider.interactionFinished(req, res, { login: { accountId } }, { mergeWithLastSubmission: false });
  }

  async #logInPage(under: Under, more: { email?: string; problem?: string } = {}): Promise<string> {
    return logInPage({ app: await this.#appOf(under), ...more });
  }

  async #appOf({ provider, details }: Under): Promise<string> {
    const client = await provider.Client.find(textOf(details.params['client_id']) ?? '');
    return client?.clientName ?? 'the application';
  }

  #goTo(res: ServerResponse, url: string): void {
    res.writeHead(303, { location: url }).end();
  }

  #show({ res, details }: Under, body: string): void {
    for (const [name, value] of Object.entries(pageHeaders(textOf(details.params['redirect_uri'])))) res.setHeader(name, value);
    res.end(body);
  }
}
