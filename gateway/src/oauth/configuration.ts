import { identity } from '@orrery/contracts';
import { type Adapter, type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { deviceGrant } from './client-metadata.ts';
import { base } from './issuer.ts';
import { deviceCodePage, deviceConfirmPage, deviceDonePage, pageHeaders, problemPage } from './pages.ts';
import type { PublishedKey } from './signing.ts';
import { type Asker, personNow, visitNow } from './visit.ts';

const minute = 60;
const day = 86_400;
const week = 7 * day;

export interface ConfigurationParts {
  readonly asker: Asker;
  readonly key: PublishedKey;
  readonly recordsOf: (model: string) => Adapter;
  /** Sign the cookies of the provider, the newest first. */
  readonly cookieKeys: readonly string[];
}

/** Whoever is logged in to the provider is logged in to the platform, as the same person, now. */
const policy = (): interactionPolicy.DefaultPolicy => {
  const prompts = interactionPolicy.base();
  const { Check } = interactionPolicy;
  prompts
    .get('login')
    ?.checks.add(
      new Check('another_session', 'nobody is logged in, or somebody else', 'login_required', ({ oidc }) =>
        oidc.session?.accountId !== undefined && oidc.session.accountId === personNow() ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  return prompts;
};

const show = (ctx: KoaContextWithOIDC, body: string): void => {
  ctx.set({ ...pageHeaders() });
  ctx.body = body;
};

const sentenceFor = (error: string): string => {
  if (error === 'AbortedError') return 'You said that the device is not yours: nothing was connected.';
  if (error === 'AlreadyUsedError') return 'This code was used before: ask the device for another one.';
  if (error === 'ExpiredError') return 'This code has expired: ask the device for another one.';
  if (error === 'NoCodeError') return 'Type the code.';
  return 'This code is wrong.';
};

const deviceFlow: NonNullable<NonNullable<Configuration['features']>['deviceFlow']> = {
  enabled: true,
  deviceInfo: () => ({ ip: visitNow()?.ip ?? '', ua: visitNow()?.userAgent ?? '' }),
  userCodeInputSource: (ctx, form, _out, error) => {
    const isSlow = error !== undefined && 'statusCode' in error && error.statusCode === 429;
    const problem = isSlow ? 'Too many wrong codes: try again later.' : error && sentenceFor(error.name);
    show(ctx, deviceCodePage(form, problem));
  },
  userCodeConfirmSource: (ctx, form, ...[client, info, code]) =>
    show(ctx, deviceConfirmPage({ form, app: client.clientName ?? 'an application', code, from: String(info['ip']) })),
  successSource: (ctx) => show(ctx, deviceDonePage(ctx.oidc.client?.clientName ?? 'The device')),
};

export const routes = {
  authorization: `${base}/authorize`,
  token: `${base}/token`,
  userinfo: `${base}/userinfo`,
  introspection: `${base}/introspect`,
  revocation: `${base}/revoke`,
  device_authorization: `${base}/device/authorize`,
  code_verification: `${base}/device`,
  jwks: '/.well-known/jwks.json',
} as const;

const off = { enabled: false };

/** What the provider may do, and what it leaves to us. Everything that no client of this platform needs is off. */
export const configurationOf = ({ asker, key, recordsOf, cookieKeys }: ConfigurationParts): Configuration => ({
  adapter: recordsOf,
  // The types ask for a plain key where the library takes one that signs elsewhere, once it is told so below.
  jwks: { keys: [key] },
  scopes: [...identity.OauthScope.options],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  responseTypes: ['code'],
  subjectTypes: ['public'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  enabledJWA: { idTokenSigningAlgValues: ['EdDSA'] },
  clientDefaults: { id_token_signed_response_alg: 'EdDSA' },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  revokeGrantPolicy: () => true,
  expiresWithSession: () => false,
  allowOmittingSingleRegisteredRedirectUri: false,
  discovery: { grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', deviceGrant] },
  routes,
  cookies: {
    keys: [...cookieKeys],
    names: { session: 'oauth_session', interaction: 'oauth_interaction', resume: 'oauth_resume' },
    long: { signed: true, httpOnly: true, sameSite: 'lax', path: base },
    short: { signed: true, httpOnly: true, sameSite: 'lax' },
  },
  features: {
    devInteractions: off,
    rpInitiatedLogout: off,
    resourceIndicators: off,
    pushedAuthorizationRequests: off,
    dPoP: off,
    userinfo: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow,
    introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
  },
  interactions: { policy: policy(), url: (_ctx, { uid }) => `${base}/interaction/${uid}` },
  findAccount: async (_ctx, id) => {
    const outcome = await asker.ask(identity.GetMe, {}, { kind: 'user', id, permissions: [] });
    if (!outcome.accepted || !outcome.value.isActive) return undefined;
    const { name, email, emailVerified } = outcome.value;
    return { accountId: id, claims: () => ({ sub: id, ...(name === null ? {} : { name }), email, email_verified: emailVerified }) };
  },
  renderError: (ctx, { error, error_description: description }) => {
    show(ctx, problemPage('This did not work', description === undefined ? error : `${error}: ${description}`));
  },
  ttl: {
    AccessToken: identity.oauthTokenSeconds,
    ClientCredentials: identity.oauthTokenSeconds,
    IdToken: identity.oauthTokenSeconds,
    AuthorizationCode: minute,
    DeviceCode: 10 * minute,
    Interaction: 15 * minute,
    Session: day,
    RefreshToken: 4 * week,
    Grant: 26 * week,
  },
});
