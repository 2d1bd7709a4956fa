import { createHmac, createSign, generateKeyPairSync, sign } from 'node:crypto';
import request from 'supertest';
import { type Person, startWorld, type World } from '../fixtures/world.ts';

const encoded = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const honest = { alg: 'EdDSA', typ: 'at+jwt', kid: 'test-key' };

describe('Whoever forges an access token', () => {
  let world: World;
  let owner: Person;
  const own = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_RATE_LIMIT_ANONYMOUS: '1000/10000' } });
    owner = await world.person('owner');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const claims = (more: object = {}): string => {
    const now = Math.floor(Date.now() / 1_000);
    return encoded({ iss: 'orrery', aud: 'orrery', sub: owner.userId, sid: owner.orgId, iat: now, exp: now + 60, ...more });
  };
  /** As it would be signed by whoever has a key of their own. */
  const signed = (header: object, body = claims()): string => {
    const text = `${encoded(header)}.${body}`;
    return `${text}.${sign(null, Buffer.from(text), own.privateKey).toString('base64url')}`;
  };
  const me = (token: string) => request(world.url).get('/orrery/v1/me').set('authorization', `Bearer ${token}`);
  const publicPem = (): string => world.publishing.signing.entries.get('test-key')?.publicKeyPem ?? '';
  const jwk = own.publicKey.export({ format: 'jwk' });

  it('is let in with an honest one, so that the rest means something', async () => {
    expect((await me(owner.token)).status).toBe(200);
  });

  it.each([
    ['says that it needs no signature', () => `${encoded({ ...honest, alg: 'none' })}.${claims()}.`],
    ['says so in other letters', () => `${encoded({ ...honest, alg: 'NoNe' })}.${claims()}.`],
    ['leaves the signature away', () => owner.token.replace(/[^.]+$/, '')],
    ['has the signature of another token', () => `${encoded(honest)}.${claims()}.${owner.token.split('.')[2]}`],
    [
      'signs with the public key as if it were a secret',
      () => {
        const text = `${encoded({ ...honest, alg: 'HS256' })}.${claims()}`;
        return `${text}.${createHmac('sha256', publicPem()).update(text).digest('base64url')}`;
      },
    ],
    [
      'signs with RSA',
      () => {
        const text = `${encoded({ ...honest, alg: 'RS256' })}.${claims()}`;
        return `${text}.${createSign('RSA-SHA256').update(text).sign(rsa.privateKey).toString('base64url')}`;
      },
    ],
    ['signs with a key of their own, under a name that is known', () => signed(honest)],
    ['brings the key along', () => signed({ ...honest, jwk })],
    ['says where the key is to be fetched', () => signed({ ...honest, jku: 'http://127.0.0.1:1/keys.json' })],
    ['brings a certificate along', () => signed({ ...honest, x5c: ['MIIB'], x5u: 'http://127.0.0.1:1/' })],
    ['names a key that nobody has', () => signed({ ...honest, kid: 'nobodys' })],
    ['names a file as key', () => signed({ ...honest, kid: '../../../../dev/null' })],
    ['names SQL as key', () => signed({ ...honest, kid: "x' UNION SELECT 'AA" })],
    ['names the parent of all objects as key', () => signed({ ...honest, kid: '__proto__' })],
    ['names the mark of a complete list as key', () => signed({ ...honest, kid: '_complete' })],
    ['names no key', () => signed({ alg: 'EdDSA', typ: 'at+jwt' })],
    ['names a list of keys', () => signed({ ...honest, kid: ['test-key'] })],
    ['asks for an extension that is critical', () => signed({ ...honest, crit: ['b64'], b64: false })],
    ['changes whom it is for', () => owner.token.replace(/\.[^.]+\./, `.${claims({ sub: owner.spaceId })}.`)],
    ['writes a header that is no object', () => `${encoded('null')}.${claims()}.${encoded('x')}`],
    ['writes a header without end', () => `${encoded('['.repeat(2_000))}.${claims()}.${encoded('x')}`],
    ['encrypts it', () => `${encoded({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`],
  ])('who %s, is nobody', async (_, forge) => {
    const { status, body } = await me(forge());
    expect([status, body.code]).toEqual([401, 'Unauthenticated']);
    expect(world.stubs.asked).toEqual([]);
  });
});
