import { randomUUID } from 'node:crypto';
import { execution, identity, UserId } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { settingSession } from '../src/access/session-cookie.ts';
import type { AnswerRoute, Dialect } from '../src/dialect.ts';
import { problem } from '../src/problem.ts';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

const here = 'https://orrery.example.com';

const answer = (more: Omit<AnswerRoute, 'kind' | 'answer' | 'takesCookie'> & Partial<AnswerRoute>): AnswerRoute => ({
  kind: 'answer',
  takesCookie: true,
  answer: async (call) => {
    const { principal, orgId } = call.caller;
    return { status: 200, contentType: 'application/json', body: JSON.stringify({ principal, orgId }) };
  },
  ...more,
});

const withoutCookie = ({ takesCookie: _, ...route }: AnswerRoute): AnswerRoute => route;

/** A published API as one whose clients are browsers. */
const browsers: Dialect = {
  name: 'browsers',
  bases: ['/web'],
  error: problem,
  routes: [
    answer({
      method: 'POST',
      path: '/web/login',
      operations: [identity.LogIn],
      answer: async (call) => {
        const { accessToken, expiresIn } = await call.ask(identity.LogIn, { email: 'ada@example.com', password: 'x' });
        return { status: 200, contentType: 'application/json', body: '{}', setCookie: settingSession(accessToken, expiresIn, here) };
      },
    }),
    answer({ method: 'GET', path: '/web/me', operations: [identity.GetMe] }),
    answer({ method: 'POST', path: '/web/runs', operations: [execution.SubmitRun] }),
    answer({ method: 'DELETE', path: '/web/runs', operations: [execution.SubmitRun] }),
    withoutCookie(answer({ method: 'GET', path: '/web/bearers', operations: [identity.GetMe] })),
  ],
};

describe('The session cookie, at the door', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld({ dialects: [browsers], env: { ORRERY_PUBLIC_URL: here } });
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());

  const get = (path: string, cookie: string) => request(world.url).get(path).set('cookie', cookie);

  it('is set by a log-in, anew each time', async () => {
    const login = () => request(world.url).post('/web/login').set('cookie', 'session=chosen.by.another').send({});
    world.stubs.on(identity.LogIn, async () => ({
      accessToken: tokenFor(owner.userId),
      refreshToken: 'x',
      expiresIn: 86_400,
      userId: UserId.parse(owner.userId),
      email: 'ada@example.com',
      secondFactorNeeded: false,
    }));
    const [first, second] = [await login(), await login()].map(({ headers }) => String(headers['set-cookie']));
    expect(first).toMatch(/^session=eyJ[\w.-]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    expect(second).not.toBe(first);
    const [cookie = ''] = first?.split(';') ?? [];
    expect((await get('/web/me', cookie)).body).toMatchObject({ principal: { kind: 'user', id: owner.userId }, orgId: owner.orgId });
  });

  it('stands for whom a bearer of the same token stands for, and ends with the session', async () => {
    const sid = randomUUID();
    const cookie = `session=${tokenFor(owner.userId, { sid })}`;
    expect((await get('/web/me', cookie)).status).toBe(200);
    await world.publishing.session(sid, 'revoked');
    await eventually(async () => expect((await get('/web/me', cookie)).status).toBe(401), { within: 1_000 });
  });

  it('counts only where an API takes it, and never beside a bearer', async () => {
    const cookie = `session=${owner.token}`;
    expect((await get('/web/bearers', cookie)).status).toBe(401);
    const other = await world.person();
    const both = await get('/web/me', cookie).auth(other.token, { type: 'bearer' });
    expect(both.body.principal.id).toBe(other.userId);
    expect((await get('/web/me', cookie).set('authorization', 'nonsense')).status).toBe(401);
  });

  it('is no place for keys, and none for a second one', async () => {
    const key = await world.apiKey(owner);
    expect((await get('/web/me', `session=${key}`)).status).toBe(401);
    expect((await get('/web/me', 'session=')).status).toBe(401);
    expect((await get('/web/me', `session=${owner.token}; session=${tokenFor(randomUUID())}`)).status).toBe(401);
  });

  it('changes nothing for pages of other sites', async () => {
    const send = (method: 'post' | 'delete', headers: Record<string, string>) =>
      request(world.url)
        [method]('/web/runs')
        .set({ cookie: `session=${owner.token}`, ...headers });
    const evil = { origin: 'https://evil.example' };
    for (const headers of [evil, { ...evil, 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'null' }]) {
      const response = await send('post', headers).send({ code: 'x' });
      expect([headers, response.status, response.body.code]).toEqual([headers, 403, 'CrossSite']);
    }
    expect((await send('delete', evil)).body.code).toBe('CrossSite');
    expect((await send('post', {})).body.code).toBe('CrossSite');
    expect((await send('post', { origin: here, 'sec-fetch-site': 'same-origin' }).send({ code: 'x' })).status).toBe(200);
    expect((await send('post', {}).send({ code: 'x' })).status).toBe(200);
  });

  it('is not needed by whoever brings a bearer, wherever they come from', async () => {
    const response = await request(world.url)
      .post('/web/runs')
      .auth(owner.token, { type: 'bearer' })
      .set('origin', 'https://console.example')
      .send({ code: 'x' });
    expect(response.status).toBe(200);
  });
});

describe('What belongs to no API', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_DEVELOPMENT: 'true' } });
  }, 30_000);
  afterAll(() => world?.stop());

  it('shows the keys that verify access tokens, and no others', async () => {
    const old = { kid: 'b'.repeat(16), activeAt: '2020-01-01T00:00:00.000Z', notAfter: '2020-06-01T00:00:00.000Z' };
    const known = world.publishing.signing.entries.get('test-key');
    await world.publishing.signing.put(old.kid, { ...old, publicKeyPem: known?.publicKeyPem ?? '' });
    const { body, headers } = await request(world.url).get('/.well-known/jwks.json').expect(200);
    expect(body).toEqual({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: 'test-key', use: 'sig', alg: 'EdDSA' }] });
    expect([headers['content-type'], headers['cache-control']]).toEqual(['application/jwk-set+json', 'public, max-age=120']);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });

  it('shows letters where people develop', async () => {
    world.stubs.on(identity.ReadOutbox, async ({ to = 'all' }) => ({
      items: [
        { id: randomUUID(), to, subject: 's', text: 't', state: 'kept' as const, createdAt: '2026-01-01T00:00:00.000Z', endedAt: null },
      ],
    }));
    const { body } = await request(world.url).get('/dev/outbox?to=ada@example.com').expect(200);
    expect(body.items).toMatchObject([{ to: 'ada@example.com' }]);
    expect(world.stubs.last(identity.ReadOutbox)?.context.principal).toEqual({ kind: 'service', name: 'gateway' });
    const { body: twice } = await request(world.url).get('/dev/outbox?to=ada@example.com&to=bob@example.com').expect(400);
    expect(twice).toMatchObject({ code: 'RepeatedParameter', detail: expect.stringContaining('to') });
  });
});

describe('Where nobody develops', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  }, 30_000);
  afterAll(() => world?.stop());

  it('there are no letters to read', async () => {
    await request(world.url).get('/dev/outbox').expect(404);
    expect(world.stubs.asked).toEqual([]);
  });
});
