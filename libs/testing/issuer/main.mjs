import { Provider } from 'oidc-provider';

const { ISSUER_URL: url = '', ISSUER_CLIENT: client = '{}' } = process.env;
const { port } = new URL(url);
const accounts = new Map();

const provider = new Provider(url, {
  clients: [{ grant_types: ['authorization_code'], response_types: ['code'], ...JSON.parse(client) }],
  cookies: { keys: ['a key of a test'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ ...accounts.get(accountId), sub: accountId }) }),
  // Whoever has logged in has agreed to everything.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

/** Nobody types anything: who logs in is said in the hint, and who does not want to gives none. */
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return await next();
  const { params } = await provider.interactionDetails(context.req, context.res);
  const { sub, ...claims } = JSON.parse(Buffer.from(String(params.login_hint ?? 'e30'), 'base64url').toString());
  if (sub !== undefined) accounts.set(sub, claims);
  const result = sub === undefined ? { error: 'access_denied' } : { login: { accountId: sub } };
  context.redirect(await provider.interactionResult(context.req, context.res, result));
});

provider.listen(Number(port), '127.0.0.1');
