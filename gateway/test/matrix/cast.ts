import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { identity, type OrgRole, type Permission, permissions, rolePermissions, whileSuspended } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { createSigner } from 'fast-jwt';
import { connect } from 'nats';
import type { Platform } from '../fixtures/platform.ts';
import { type Granted, People, type Somebody } from './people.ts';

/** What the door knows of a caller, said in advance. */
export type Standing =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'bad credential' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'operator' }
  /** Somebody, but not of the organization or space that they name. */
  | { readonly kind: 'elsewhere'; readonly status: 403 | 404; readonly unlessPathNamesSpace?: true }
  | { readonly kind: 'user'; readonly held: readonly Permission[]; readonly isAdministrator?: true }
  /** An application that somebody let act for them. */
  | { readonly kind: 'app'; readonly held: readonly Permission[]; readonly seesPerson: boolean }
  | {
      readonly kind: 'key';
      readonly held: readonly Permission[];
      /** No organization's: it acts wherever its person is a member. */
      readonly isOwn?: true;
      /** It may what its scopes name; what it makes is cut to these. */
      readonly isScoped?: true;
      /** Where from, until when, how much: what a key that it makes would not have. */
      readonly hasRules?: true;
      readonly notIn?: 'the path';
    };

export interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly standing: Standing;
  /** The organization that the path names, where a path names one. */
  readonly slug: string;
  /** Only what takes the cookie lets it in; everything else sees nobody. */
  readonly isCookie?: true;
}

/** What there is in the organization that all this is about: by the names that paths have for it. */
export type Things = Readonly<Record<string, string>>;

export interface Cast {
  readonly people: People;
  readonly callers: readonly Caller[];
  readonly owner: Somebody;
  /** An owner too, of another organization. */
  readonly stranger: Somebody;
  readonly things: Things;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const everything = [{ permissions: [...permissions] }];

/** A second key that signs, as it would be after a rotation: of what it signs, the test says what it likes. */
const ownSigner = async (natsUrl: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const kid = 'matrix';
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const connection = await connect({ servers: natsUrl });
  const bucket = await connection.jetstream().views.kv(identity.Snapshots.signing.bucket);
  await bucket.put(kid, JSON.stringify({ kid, publicKeyPem, activeAt: '2026-01-01T00:00:00.000Z', notAfter: null }));
  await connection.close();
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const header = { alg: 'EdDSA', typ: identity.accessTokenType } as const;
  const { tokenIssuer, tokenAudience: aud } = identity;
  return (userId: string, claims: object, seconds: number, iss: string = tokenIssuer): string => {
    const iat = Math.floor(Date.now() / 1_000) + Math.min(0, seconds) - 60;
    const sign = createSigner({ key, algorithm: 'EdDSA', kid, iss, aud, header });
    return sign({ sub: userId, sid: randomUUID(), iat, exp: Math.floor(Date.now() / 1_000) + seconds, ...claims });
  };
};

const keyOf = (people: People, owner: Somebody, body: object = {}): Promise<Granted> =>
  people.granted(`/orgs/${owner.slug}/api-keys`, { headers: people.as(owner), body: { name: 'key', scopes: everything, ...body } });

const badCredentials = async (people: People, owner: Somebody, sign: Awaited<ReturnType<typeof ownSigner>>): Promise<readonly Caller[]> => {
  const keys = `/orgs/${owner.slug}/api-keys`;
  const headers = people.as(owner);
  const [expiring, revoked, off] = [
    await keyOf(people, owner, { expiresAt: new Date(Date.now() + 1_500).toISOString() }),
    await keyOf(people, owner),
    await keyOf(people, owner),
  ];
  await people.granted(`${keys}/${revoked['id']}`, { method: 'DELETE', headers });
  await people.granted(`${keys}/${off['id']}/toggle`, { headers, body: {} });
  const ended = await people.logIn(owner.email);
  await people.granted('/sessions/current', { method: 'DELETE', headers: bearer(ended) });
  const shown: readonly (readonly [string, string])[] = [
    ['forged key', `${expiring['key']?.slice(0, -6)}AAAAAA`],
    ['expired key', expiring['key'] ?? ''],
    ['revoked key', revoked['key'] ?? ''],
    ['key switched off', off['key'] ?? ''],
    ['expired token', sign(owner.userId, {}, -1)],
    ['token of an ended session', ended],
    ['no credential at all', 'nonsense'],
  ];
  const bad = shown.map(([name, token]): Caller => {
    return { name, headers: bearer(token), standing: { kind: 'bad credential' }, slug: owner.slug };
  });
  for (const caller of bad) {
    const isOut = () =>
      people.granted('/me', { method: 'GET', headers: caller.headers }).then(
        () => false,
        () => true,
      );
    await eventually(isOut);
  }
  return bad;
};

interface Companies {
  readonly people: People;
  readonly owner: Somebody;
  readonly stranger: Somebody;
  readonly spaceId: string;
  readonly foreignSpaceId: string;
}

const roles: readonly OrgRole[] = ['admin', 'member', 'billing', 'viewer'];

const insiders = async ({ people, owner }: Companies): Promise<readonly Caller[]> => {
  const callers: Caller[] = [];
  const { slug } = owner;
  const held = (role: OrgRole): Caller['standing'] => ({ kind: 'user', held: rolePermissions[role] });
  callers.push({ name: 'owner', headers: people.as(owner, slug), standing: held('owner'), slug });
  for (const role of roles) {
    const person = await people.somebody(role);
    await people.join(owner, person, role);
    callers.push({ name: role, headers: people.as(person, slug), standing: held(role), slug });
  }
  const administrator = await people.somebody('administrator');
  await people.join(owner, administrator, 'viewer');
  await people.operator(`/administrators/${administrator.userId}`, {}, 'PUT');
  const standing = { kind: 'user', held: rolePermissions.viewer, isAdministrator: true } as const;
  callers.push({ name: 'administrator, a viewer here', headers: people.as(administrator, slug), standing, slug });
  const wide = await keyOf(people, owner);
  const narrow = await keyOf(people, owner, { scopes: [{ permissions: ['runs:read'] }] });
  const bare = await keyOf(people, owner, { scopes: null });
  const bound = await keyOf(people, owner, { addresses: ['198.18.0.0/16'] });
  const mine = (body: object) => people.granted('/me/api-keys', { headers: people.as(owner), body: { name: 'own', ...body } });
  const [own, ownNarrow] = [await mine({}), await mine({ scopes: [{ permissions: ['runs:read'] }] })];
  const key = (name: string, shown: Granted, standing: Omit<Extract<Standing, { kind: 'key' }>, 'kind'>) =>
    callers.push({ name, headers: { ...bearer(shown['key'] ?? ''), 'x-org-slug': slug }, standing: { kind: 'key', ...standing }, slug });
  key("owner's key with every scope", wide, { held: permissions, isScoped: true });
  key('narrower key', narrow, { held: ['runs:read'], isScoped: true });
  key("owner's key without rules", bare, { held: rolePermissions.member });
  key("owner's key from some addresses", bound, { held: permissions, isScoped: true, hasRules: true });
  key("owner's own narrower key", ownNarrow, { held: ['runs:read'], isOwn: true, isScoped: true });
  key("owner's own key", own, { held: rolePermissions.member, isOwn: true });
  callers.push({
    ...(callers[0] as Caller),
    name: "owner's cookie",
    headers: { cookie: `session=${owner.token}`, 'x-org-slug': slug },
    isCookie: true,
  });
  return callers;
};

const outsiders = async (companies: Companies, sign: Awaited<ReturnType<typeof ownSigner>>): Promise<readonly Caller[]> => {
  const { people, owner, stranger, spaceId, foreignSpaceId } = companies;
  const { slug } = owner;
  const [gone, guest, suspended] = [await people.somebody('gone'), await people.somebody('guest'), await people.somebody('suspended')];
  await people.join(owner, gone, 'admin');
  await people.granted(`/orgs/${slug}/members/${gone.userId}`, { method: 'DELETE', headers: people.as(owner) });
  await people.join(owner, guest, 'billing');
  const given: readonly Permission[] = ['trainings:list'];
  const permitted = `/spaces/${spaceId}/members/${guest.userId}/permissions`;
  await people.granted(permitted, { headers: people.as(owner, slug), body: { permissions: given } });
  await people.operator(`/orgs/${suspended.slug}/suspend`, { reason: 'a test' });
  const foreignKey = await keyOf(people, stranger);
  const inSpace = (id: string) => ({ 'x-space-id': id });
  const lacks = (status: 403 | 404): Standing => ({ kind: 'elsewhere', status });
  const unlessPathNamesSpace = true;
  return [
    { name: 'nobody', headers: {}, standing: { kind: 'nobody' }, slug },
    { name: 'who owes a second factor', headers: bearer(sign(owner.userId, { sf: true }, 60_000)), standing: { kind: 'pending' }, slug },
    { name: 'owner of another org', headers: people.as(stranger, slug), standing: lacks(403), slug },
    { name: 'admin who was removed', headers: people.as(gone, slug), standing: lacks(403), slug },
    { name: 'owner, of no such org', headers: people.as(owner, 'no-such-org'), standing: lacks(404), slug: 'no-such-org' },
    {
      name: "owner in another's space",
      headers: { ...people.as(owner, slug), ...inSpace(foreignSpaceId) },
      standing: { kind: 'elsewhere', status: 404, unlessPathNamesSpace },
      slug,
    },
    {
      name: 'guest of a space',
      headers: { ...people.as(guest, slug), ...inSpace(spaceId) },
      standing: { kind: 'user', held: ['spaces:read', 'catalog:read', ...given] },
      slug,
    },
    {
      name: 'owner of a suspended org',
      headers: people.as(suspended, suspended.slug),
      standing: { kind: 'user', held: whileSuspended(permissions) },
      slug: suspended.slug,
    },
    {
      name: "another org's key",
      headers: bearer(foreignKey['key'] ?? ''),
      standing: { kind: 'key', held: permissions, isScoped: true, notIn: 'the path' },
      slug,
    },
  ];
};

/** Where a platform is reached that was told nothing else. */
const usualIssuer = 'http://127.0.0.1:8080';

/** Applications of others, with everything that can be let do, with little, and with what does not count. */
const applications = ({ people, owner }: Companies, sign: Awaited<ReturnType<typeof ownSigner>>): readonly Caller[] => {
  const { slug, userId } = owner;
  const { commandLineApp, OauthScope } = identity;
  const claims = { client_id: commandLineApp.id, jti: randomUUID(), gid: 'g'.repeat(43), scope: OauthScope.options.join(' ') };
  const as = (name: string, more: object, standing: Standing): Caller => {
    const token = sign(userId, { ...claims, ...more }, 60_000, usualIssuer);
    return { name, headers: { ...people.as({ token }, slug) }, standing, slug };
  };
  const bad: Standing = { kind: 'bad credential' };
  return [
    as("application with all of the owner's rights", {}, { kind: 'app', held: permissions, seesPerson: true }),
    as('application that may look at runs', { scope: 'openid runs:read' }, { kind: 'app', held: ['runs:read'], seesPerson: false }),
    as('application whose person let it do nothing', { gid: undefined }, bad),
  ];
};

const thingsOf = async ({ people, owner, spaceId }: Companies): Promise<Things> => {
  const headers = people.as(owner, owner.slug);
  const bystander = await people.somebody('bystander');
  await people.join(owner, bystander, 'member');
  const key = await keyOf(people, owner);
  const invited = { email: 'invited@example.com' };
  const invite = await people.granted(`/orgs/${owner.slug}/invites`, { headers, body: invited });
  const app = await people.granted(`/orgs/${owner.slug}/oauth-apps`, { headers, body: { name: 'app', kind: 'service' } });
  const run = await eventually(() => people.granted('/runs', { headers, body: { code: 'print(1)' } }));
  const { sid } = JSON.parse(Buffer.from(bystander.token.split('.')[1] ?? '', 'base64url').toString());
  const [keyId = '', inviteId = '', token = '', runId = ''] = [key['id'], invite['id'], invite['token'], run['id']];
  const ours = { appId: app['id'] ?? '', keyId, inviteId, token, runId, spaceId, userId: bystander.userId, sessionId: sid, name: 'cpu' };
  const theirs = { key_id: keyId, invite_id: inviteId, execution_id: runId, user_id: bystander.userId, id: spaceId };
  return { ...ours, ...theirs };
};

/** Everybody who might come to the door, as real as can be: the platform made them all, but for two tokens that it would not make. */
export const castOf = async (platform: Platform): Promise<Cast> => {
  const people = new People(platform);
  const [owner, stranger] = [await people.somebody('owner'), await people.somebody('stranger')];
  const space = (of: Somebody) => people.granted('/spaces', { headers: people.as(of, of.slug), body: { name: 'Mill' } });
  const [{ id: spaceId = '' }, { id: foreignSpaceId = '' }] = [await space(owner), await space(stranger)];
  const companies: Companies = { people, owner, stranger, spaceId, foreignSpaceId };
  const sign = await ownSigner(platform.natsUrl);
  const things = await thingsOf(companies);
  const operator: Caller = { name: 'operator', headers: bearer(platform.operatorKey), standing: { kind: 'operator' }, slug: owner.slug };
  const inside = await insiders(companies);
  const apps = applications(companies, sign);
  const outside = await outsiders(companies, sign);
  const bad = await badCredentials(people, owner, sign);
  return { people, owner, stranger, things, callers: [...inside, ...apps, operator, ...outside, ...bad] };
};
