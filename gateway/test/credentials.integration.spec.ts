import { createHmac, randomUUID } from 'node:crypto';
import { execution, identity, OrgId } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

describe('A credential', () => {
  let world: World;
  let owner: Person;
  let viewer: Person;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_RATE_LIMIT_ANONYMOUS: '1000/10000', ORRERY_RATE_LIMIT_LOGIN: '1000/10000' } });
    owner = await world.person('owner');
    viewer = await world.person('viewer');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  describe('an API key', () => {
    const me = (key: string) => request(world.url).get('/orrery/v1/runs').auth(key, { type: 'bearer' });

    it('acts in its own organization, whatever the header says', async () => {
      const key = await world.apiKey(owner);
      const response = await me(key).set('x-org-slug', viewer.slug);
      expect(response.status).toBe(200);
      expect(world.stubs.last(execution.ListRuns)?.context).toMatchObject({
        orgId: owner.orgId,
        principal: { kind: 'key', userId: owner.userId },
      });
    });

    it('is let in although the gateway hears of it only now', async () => {
      const minted = world.mint(owner);
      await minted.publish();
      expect((await me(minted.key)).status).toBe(200);
    });

    it('is refused where nobody knows it, as soon as that is sure', async () => {
      // At the deadline it would be 503.
      expect((await me(world.mint(owner).key)).status).toBe(401);
    });

    it('is refused at once where its code is forged', async () => {
      const { key } = world.mint(owner);
      const before = Date.now();
      expect((await me(`${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`)).status).toBe(401);
      expect(Date.now() - before).toBeLessThan(400);
    });

    it('is refused within a second of its revocation, and after its expiry', async () => {
      const minted = world.mint(owner);
      await minted.publish();
      expect((await me(minted.key)).status).toBe(200);
      await world.publishing.keys.drop(minted.id);
      await eventually(async () => (await me(minted.key)).status === 401, { within: 1_000 });
      const expired = await world.apiKey(owner, { expiresAt: '2020-01-01T00:00:00.000Z' });
      const response = await me(expired);
      expect([response.status, response.body.detail]).toEqual([401, 'The API key has expired.']);
    });
  });

  describe('an access token', () => {
    const me = (token: string) => request(world.url).get('/orrery/v1/me').auth(token, { type: 'bearer' });
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = () =>
      encoded({ sub: owner.userId, sid: randomUUID(), iss: 'orrery', aud: 'orrery', exp: Math.floor(Date.now() / 1e3) + 60 });

    it('stands for its person', async () => {
      expect((await me(owner.token)).status).toBe(200);
      expect(world.stubs.last(identity.GetMe)?.context.principal).toMatchObject({ kind: 'user', id: owner.userId });
    });

    it('is refused with a word where it has expired', async () => {
      const response = await me(tokenFor(owner.userId, { expiresIn: -1_000 }));
      expect([response.status, response.body.detail]).toEqual([401, 'The access token has expired: refresh it.']);
    });

    it.each([
      ['of another issuer', () => tokenFor(owner.userId, { iss: 'other' })],
      ['for another audience', () => tokenFor(owner.userId, { aud: 'other' })],
      ['that is signed with the same key and says something else', () => tokenFor(owner.userId, { typ: 'JWT' })],
      ['without a signature', () => `${encoded({ alg: 'none', typ: 'at+jwt', kid: 'test-key' })}.${claims()}.`],
      [
        'signed with the public key as a secret',
        () => {
          const body = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key' })}.${claims()}`;
          const pem = world.publishing.signing.entries.get('test-key')?.publicKeyPem ?? '';
          return `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`;
        },
      ],
      ['with a key that nobody published', () => owner.token.replace(/^[^.]+/, encoded({ alg: 'EdDSA', typ: 'at+jwt', kid: 'other' }))],
      ['whose claims were changed', () => owner.token.replace(/\.[^.]+\./, `.${claims()}.`)],
      ['that is far too long', () => `${owner.token}${'A'.repeat(5_000)}`],
      ['of three empty parts', () => '..'],
    ])('is refused %s', async (_, make) => {
      const response = await me(make());
      expect([response.status, response.body.code]).toEqual([401, 'Unauthenticated']);
    });

    it('acts in the organization that the header names, if its person is in it', async () => {
      const list = (slug: string) =>
        request(world.url).get('/orrery/v1/runs').auth(owner.token, { type: 'bearer' }).set('x-org-slug', slug);
      expect((await list(owner.slug)).status).toBe(200);
      const stranger = await list(viewer.slug);
      expect([stranger.status, stranger.body.code]).toEqual([403, 'NotAMember']);
      const unknown = await list('no-such-org');
      expect([unknown.status, unknown.body.code]).toEqual([404, 'OrgNotFound']);
      expect((await list('Not A Slug')).status).toBe(404);
    });

    it('acts in the default organization where nothing is said', async () => {
      const userId = randomUUID();
      const [first, second] = [randomUUID(), randomUUID()];
      for (const orgId of [first, second]) await world.publishing.org(orgId, `s-${orgId.slice(0, 8)}`);
      await world.publishing.member(userId, { [first]: 'member', [second]: 'member' }, { defaultOrgId: OrgId.parse(second) });
      const token = tokenFor(userId);
      await eventually(async () => (await request(world.url).get('/orrery/v1/runs').auth(token, { type: 'bearer' })).status === 200);
      expect(world.stubs.last(execution.ListRuns)?.context.orgId).toBe(second);
    });

    it('finds an organization that was founded a moment ago', async () => {
      const userId = randomUUID();
      const orgId = randomUUID();
      await world.publishing.org(orgId, 'brand-new');
      await world.publishing.member(userId, { [orgId]: 'owner' });
      const response = await request(world.url).get('/orrery/v1/orgs/brand-new').auth(tokenFor(userId), { type: 'bearer' });
      expect(response.status).toBe(200);
    });

    it('waits for no organization that nobody has', async () => {
      const ask = async (slug: string): Promise<number> => {
        const startedAt = performance.now();
        await request(world.url).get(`/orrery/v1/orgs/${slug}`).auth(owner.token, { type: 'bearer' });
        return performance.now() - startedAt;
      };
      const times: number[] = [];
      for (let n = 0; n < 20; n += 1) times.push(await ask(`no-such-org-${n}`), await ask(viewer.slug));
      // Half a second was what each of them once cost.
      expect(times.sort((a, b) => a - b)[times.length / 2]).toBeLessThan(100);
    });

    it('of somebody without an organization opens what needs none, and says what to do about the rest', async () => {
      const token = tokenFor(randomUUID());
      expect((await me(token)).status).toBe(200);
      const response = await request(world.url).get('/orrery/v1/runs').auth(token, { type: 'bearer' });
      expect([response.status, response.body.code]).toEqual([403, 'NoOrganization']);
    });

    it('that is stale keeps nobody from logging in', async () => {
      const login = request(world.url).post('/orrery/v1/sessions').auth('stale', { type: 'bearer' });
      expect((await login.send({ email: 'person@example.com', password: 'x' })).status).toBe(200);
    });
  });

  describe('an Idempotency-Key', () => {
    const submit = (token: string, key?: string) => {
      const asked = request(world.url).post('/orrery/v1/runs').auth(token, { type: 'bearer' });
      return (key === undefined ? asked : asked.set('idempotency-key', key)).send({ code: 'x' });
    };
    const contexts = () => world.stubs.asked.map(({ context }) => context);

    it('makes one command of two requests, and of two callers two', async () => {
      await submit(owner.token, 'the-key');
      await submit(owner.token, 'the-key');
      await submit(owner.token, 'other-key');
      await submit(await world.apiKey(owner), 'the-key');
      const [first, second, third, fourth] = contexts();
      expect(first?.idempotent).toBe(true);
      expect(second?.commandId).toBe(first?.commandId);
      expect(new Set([first, third, fourth].map((context) => context?.commandId)).size).toBe(3);
    });

    it('is drawn anew for each request that brings none', async () => {
      await submit(owner.token);
      await submit(owner.token);
      const [first, second] = contexts();
      expect(first?.idempotent).toBe(false);
      expect(first?.commandId).not.toBe(second?.commandId);
    });

    it('is answered with 422 where it comes with another body', async () => {
      world.stubs.on(execution.SubmitRun, async () => refuse({ code: 'IdempotencyKeyReused', details: {} }));
      const response = await submit(owner.token, 'again');
      expect([response.status, response.body.code]).toEqual([422, 'IdempotencyKeyReused']);
    });
  });
});
