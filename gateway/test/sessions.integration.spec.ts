import { randomUUID } from 'node:crypto';
import { execution, identity } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

describe('A session, at the door', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const get = (path: string, token: string) => request(world.url).get(`/orrery/v1${path}`).auth(token, { type: 'bearer' });
  const session = (more: { sf?: true } = {}) => {
    const sid = randomUUID();
    return { sid, token: tokenFor(owner.userId, { sid, ...more }) };
  };

  it('that has ended opens nothing within a second, whatever its token says', async () => {
    const { sid, token } = session();
    expect((await get('/runs', token)).status).toBe(200);
    await world.publishing.session(sid, 'revoked');
    await eventually(async () => expect((await get('/runs', token)).status).toBe(401), { within: 1_000 });
    expect((await get('/runs', token)).body).toMatchObject({ code: 'Unauthenticated', detail: 'The session has ended: log in again.' });
    const login = request(world.url).post('/orrery/v1/sessions').auth(token, { type: 'bearer' });
    expect((await login.send({ email: 'person@example.com', password: 'x' })).status).toBe(200);
  });

  it('that owes a second factor opens only what shows it, or ends the session', async () => {
    const { sid, token } = session({ sf: true });
    for (const path of ['/runs', '/me', `/orgs/${owner.slug}`, '/sessions']) {
      const response = await get(path, token);
      expect([path, response.status, response.body.code]).toEqual([path, 403, 'SecondFactorNeeded']);
    }
    expect(world.stubs.asked).toEqual([]);
    expect((await request(world.url).delete('/orrery/v1/sessions/current').auth(token, { type: 'bearer' })).status).toBe(200);
    expect(world.stubs.last(identity.EndSession)?.context.principal).toEqual({ kind: 'pending', id: owner.userId, sessionId: sid });
  });

  it('is whole when the factor was shown, at once and with the same token', async () => {
    const { sid, token } = session({ sf: true });
    expect((await get('/runs', token)).status).toBe(403);
    await world.publishing.session(sid, 'complete');
    expect((await get('/runs', token)).status).toBe(200);
    expect(world.stubs.last(execution.ListRuns)?.context).toMatchObject({
      orgId: owner.orgId,
      principal: { kind: 'user', id: owner.userId, sessionId: sid },
    });
    await world.publishing.session(sid, 'revoked');
    await eventually(async () => expect((await get('/runs', token)).status).toBe(401), { within: 1_000 });
  });

  it('is not made whole by a claim that says what it likes', async () => {
    for (const sf of [false, 'false', 0, null]) {
      const token = tokenFor(owner.userId, { sf } as never);
      expect((await get('/runs', token)).status).toBe(401);
    }
  });

  it('that ends takes its open streams with it', async () => {
    const { sid, token } = session();
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield* [];
    });
    const headers = { authorization: `Bearer ${token}` };
    const open = await fetch(`${world.url}/orrery/v1/runs/${randomUUID()}/output`, { headers });
    expect([open.status, open.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await world.publishing.session(sid, 'revoked');
    // It ends: the test would wait for ever otherwise.
    await expect(open.text()).resolves.toEqual(expect.any(String));
  });
});
