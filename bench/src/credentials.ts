import { createPublicKey, generateKeyPairSync, hash, randomBytes, randomUUID, verify } from 'node:crypto';
import { identity, instantOf, OrgId, UserId } from '@orrery/contracts';
import { mintApiKey } from '@orrery/credentials';
import { Authenticator, Keys, Organizations, Orgs, Places, Snapshot, type Source } from '@orrery/gateway';
import { systemClock } from '@orrery/kernel';
import { createSigner } from 'fast-jwt';
import { type Contender, type Line, type Measured, measure, type Report } from './measure.ts';

const keyGoalMicros = 50;
const tokenGoalMicros = 100;
/** Against the bare signature: nobody can be faster than that. */
const newTokenRatio = 1.5;
const manyKeys = 10_000;
/** More than a gateway remembers, so that each that comes round again is new to it. */
const manyTokens = 12_000;
/** How often a token is shown that a gateway has seen, for each one that it has not. */
const usesOfToken = 10;
const ip = '203.0.113.7';
const plan = { inFlight: 1, rounds: 5, windowMs: 500 };

const sourceOf = <T>(entries: ReadonlyMap<string, T>): Source<T> => ({
  isReady: true,
  get: (key) => entries.get(key),
  caughtUp: async () => true,
});

const filled = <T>(snapshot: Snapshot<T>, entries: ReadonlyMap<string, T>): void => {
  snapshot.attach(sourceOf(entries));
  for (const key of entries.keys()) snapshot.changed(key);
};

const [orgId, userId] = [OrgId.parse(randomUUID()), UserId.parse(randomUUID())];
const rules = { scopes: null, models: null, addresses: ['203.0.113.0/24'], monthlyTokens: null, monthlySpend: null, spaceId: null };

const mintKeys = (macKey: Buffer) => {
  const texts: string[] = [];
  const known = new Map<string, identity.KeySnapshot>();
  for (let n = 0; n < manyKeys; n += 1) {
    const id = identity.ApiKeyId.parse(randomUUID());
    const { key, hash: digest } = mintApiKey(macKey, id, n % 2 === 0 ? 'lk' : 'lmsk');
    texts.push(key);
    known.set(id, { id, orgId, secrets: [{ hash: digest, userId, until: null }], ...rules, expiresAt: null });
  }
  return { texts, known };
};

const signTokens = () => {
  const kid = 'bench';
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const sign = createSigner({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    algorithm: 'EdDSA',
    kid,
    iss: identity.tokenIssuer,
    aud: identity.tokenAudience,
    header: { alg: 'EdDSA', typ: identity.accessTokenType },
    expiresIn: 3_600_000,
  });
  const texts = Array.from({ length: manyTokens }, () => sign({ sub: userId, sid: randomUUID() }));
  return { texts, pem, known: new Map([[kid, { kid, publicKeyPem: pem, activeAt: instantOf(0), notAfter: null }]]) };
};

/** What a gateway knows, and how it finds out who asks and where they may. */
const doorOf = (
  macKey: Buffer,
  keysKnown: ReadonlyMap<string, identity.KeySnapshot>,
  signing: ReadonlyMap<string, identity.SigningSnapshot>,
) => {
  const keys = new Keys();
  const orgs = new Orgs();
  const members = new Snapshot<identity.MemberSnapshot>();
  const sessions = new Snapshot<identity.SessionSnapshot>();
  const signers = new Snapshot<identity.SigningSnapshot>();
  filled(keys.snapshot, keysKnown);
  filled(orgs.snapshot, new Map([[orgId, { orgId, slug: 'bench', isSuspended: false, spaces: [] }]]));
  const member = { userId, defaultOrgId: orgId, memberships: [{ orgId, role: 'admin' as const }], spaces: [] };
  filled(members, new Map<string, identity.MemberSnapshot>([[userId, member]]));
  const apps = new Snapshot<identity.AppSnapshot>();
  const oauthEnds = new Snapshot<identity.OauthEndSnapshot>();
  filled(apps, new Map());
  filled(oauthEnds, new Map());
  filled(sessions, new Map());
  filled(signers, signing);
  const settled = { issuer: 'http://127.0.0.1', operatorKey: undefined, clock: systemClock, catchUpMs: 500 };
  const authenticator = new Authenticator({ apps, oauthEnds, keys, sessions, signing: signers, macKey, ...settled });
  const organizations = new Organizations(new Places(orgs, members, settled.catchUpMs));
  return async (bearer: string): Promise<void> => {
    const known = await authenticator.identify({ authorization: `Bearer ${bearer}`, cookie: undefined, ip });
    await organizations.resolve(known, { isNeeded: true, isOperators: false });
  };
};

/** One after the other, from the beginning again at the end. */
const inTurn = <T>(items: readonly T[]): (() => T) => {
  let next = 0;
  return () => {
    const item = items[next];
    next = (next + 1) % items.length;
    if (item === undefined) throw new RangeError('there is nothing to take turns');
    return item;
  };
};

const refusedBy =
  (enter: (bearer: string) => Promise<void>) =>
  async (bearer: string): Promise<void> => {
    const isRefused = await enter(bearer).then(
      () => false,
      () => true,
    );
    if (!isRefused) throw new Error('a forged key was let in');
  };

const contenders = (): readonly Contender[] => {
  const macKey = randomBytes(32);
  const { texts: keys, known } = mintKeys(macKey);
  const { texts: tokens, pem, known: signing } = signTokens();
  const enter = doorOf(macKey, known, signing);
  const refused = refusedBy(enter);
  const forged = mintKeys(randomBytes(32)).texts;
  const [nextKey, nextForged, nextHashed] = [inTurn(keys), inTurn(forged), inTurn(keys)];
  const [nextNew, nextMixed] = [inTurn(tokens), inTurn(tokens)];
  const publicKey = createPublicKey(pem);
  const nextSignature = inTurn(
    tokens.slice(0, 1_000).map((token) => {
      const dot = token.lastIndexOf('.');
      return { signed: Buffer.from(token.slice(0, dot)), signature: Buffer.from(token.slice(dot + 1), 'base64url') };
    }),
  );
  let uses = 0;
  let token = nextMixed();
  return [
    { name: 'key', run: () => enter(nextKey()) },
    { name: 'forged', run: () => refused(nextForged()) },
    { name: 'sha-256', run: async () => hash('sha256', nextHashed()) },
    { name: 'new token', run: () => enter(nextNew()) },
    {
      name: 'token',
      run: () => {
        uses += 1;
        if (uses % usesOfToken === 0) token = nextMixed();
        return enter(token);
      },
    },
    {
      name: 'ed25519',
      run: async () => {
        const { signed, signature } = nextSignature();
        if (!verify(null, signed, publicKey, signature)) throw new Error('a signature of ours does not verify');
      },
    },
  ];
};

const micros = (value: number): string => `${value.toFixed(1)} µs`;

/** Who asks, and where they may: CPU of a gateway for each request, with as many keys as a large installation has. */
export const benchCredentials = async (): Promise<Report> => {
  const measured = new Map<string, Measured>((await measure(contenders(), plan)).map((each) => [each.name, each]));
  const cpuOf = (name: string): number => measured.get(name)?.cpuMicros ?? Number.NaN;
  const line = (what: string, [name, peer]: readonly [string, string], goal?: number): Line => ({
    what,
    ours: micros(cpuOf(name)),
    peer: `${micros(cpuOf(peer))} ${peer}`,
    ratio: cpuOf(name) / cpuOf(peer),
    ...(goal === undefined ? {} : { goal: `≤ ${goal} µs`, isMet: cpuOf(name) <= goal }),
  });
  const first = line('access token, shown for the first time', ['new token', 'ed25519']);
  return {
    name: 'credentials: CPU of the gateway',
    lines: [
      line(`API key, one of ${manyKeys}, with an address range`, ['key', 'sha-256'], keyGoalMicros),
      line('forged API key, refused', ['forged', 'sha-256'], keyGoalMicros),
      line(`access token, each new one shown ${usesOfToken} times`, ['token', 'ed25519'], tokenGoalMicros),
      { ...first, goal: `≤ ${newTokenRatio} ×`, isMet: (first.ratio ?? Number.NaN) <= newTokenRatio },
    ],
  };
};
