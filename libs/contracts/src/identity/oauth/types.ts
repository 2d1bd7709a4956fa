import { z } from 'zod';
import { id } from '../../define.ts';
import { type Permission, permissions } from '../../permissions.ts';
import { Instant, NameText, OrgId, Text, UserId } from '../../values.ts';

/** The `client_id` of the protocol. */
export const OauthAppId = id('OauthAppId');
export type OauthAppId = z.infer<typeof OauthAppId>;

/**
 * - `web`: runs on a server and keeps a secret; people let it act for them.
 * - `native`: runs at people's, where no secret keeps; people let it act for them, also from a device without a browser.
 * - `service`: a machine, that acts for its organization and nobody else.
 */
export const OauthAppKind = z.enum(['web', 'native', 'service']);
export type OauthAppKind = z.infer<typeof OauthAppKind>;

/** What tells of a person, and what keeps a permission beyond the hour; the others are permissions. */
export const personalScopes = ['openid', 'profile', 'email', 'offline_access'] as const;
export const OauthScope = z.enum([...personalScopes, ...permissions]);
export type OauthScope = z.infer<typeof OauthScope>;
const permissionNames: ReadonlySet<string> = new Set(permissions);
export const permissionsIn = (scopes: readonly string[]): Permission[] =>
  scopes.filter((scope): scope is Permission => permissionNames.has(scope));

export const AppName = NameText.min(1).max(100);
const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Compared letter by letter: what could be read in two ways is none. */
const isRedirectUri = (text: string): boolean => {
  if (text.includes('#') || text.includes('*') || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return !loopback.has(hostname);
  // Of a program at people's: on their own machine, or a scheme that is a domain turned round.
  return protocol === 'http:' ? loopback.has(hostname) : /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:$/.test(protocol);
};
export const RedirectUri = Text.max(2_000)
  .regex(/^[a-z][a-z0-9.-]*:[\x21-\x7e]+$/, 'must be a URI in plain letters')
  .refine(isRedirectUri, {
    error: 'must be https, or http to the own machine, or a scheme that is a domain turned round; without a fragment, a name or a password',
    params: { mend: 'send one such as https://app.example.com/callback, http://localhost:8000/callback or com.example.app:/callback' },
  });
export const RedirectUris = z.array(RedirectUri).max(20);

const settings = {
  name: z.string(),
  redirectUris: z.array(z.string()),
  /** All that it may ever ask for; of a service, all that it may do. */
  scopes: z.array(OauthScope),
  isActive: z.boolean(),
};

export const OauthAppView = z
  .strictObject({
    id: OauthAppId,
    /** Null: of the person who made it. */
    orgId: OrgId.nullable(),
    /** Who made it. */
    userId: UserId,
    kind: OauthAppKind,
    ...settings,
    createdAt: Instant,
    /** When its present secret was made; null where it has none. */
    secretSetAt: Instant.nullable(),
  })
  .meta({ id: 'OauthApp' });
export type OauthAppView = z.infer<typeof OauthAppView>;

/** An application and its secret, which is shown this once. */
export const ShownOauthApp = OauthAppView.extend({ secret: z.string().nullable() }).meta({ id: 'ShownOauthApp' });
export type ShownOauthApp = z.infer<typeof ShownOauthApp>;

export const OauthGrantId = z.string().regex(/^[\w-]{20,100}$/);

/** What a person has let an application do. */
export const OauthGrantView = z
  .strictObject({
    id: OauthGrantId,
    appId: OauthAppId,
    /** Null: the application is there no more. */
    appName: z.string().nullable(),
    scopes: z.array(OauthScope),
    grantedAt: Instant,
  })
  .meta({ id: 'OauthGrant' });
export type OauthGrantView = z.infer<typeof OauthGrantView>;

/** How long an access token of an application is good for. */
export const oauthTokenSeconds = 3_600;

/** What a gateway must know of an application: value of the `identity-apps` snapshot, by its id. One that is not there does not work. */
export const AppSnapshot = z.strictObject({
  id: OauthAppId,
  orgId: OrgId.nullable(),
  kind: OauthAppKind,
  name: z.string(),
  redirectUris: z.array(z.string()),
  scopes: z.array(OauthScope),
});
export type AppSnapshot = z.infer<typeof AppSnapshot>;

/** The program for the command line, that belongs to every installation; people let it act for them as any other. */
export const commandLineApp: AppSnapshot = {
  id: OauthAppId.parse('00000000-0000-7000-8000-0000000000c1'),
  orgId: null,
  kind: 'native',
  name: 'Orrery command line',
  redirectUris: ['http://127.0.0.1/callback'],
  scopes: [...OauthScope.options],
};

/**
 * A grant or a token that has ended before its time, kept until every token of it has expired by itself. Value of the
 * `identity-oauth-ends` snapshot, by `grant-` and the grant, or `token-` and the token.
 */
export const OauthEndSnapshot = z.strictObject({ until: Instant });
export type OauthEndSnapshot = z.infer<typeof OauthEndSnapshot>;
