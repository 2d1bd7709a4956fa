import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { main } from '@orrery/cli';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { startTwoGateways, type TwoGateways } from './fixtures/two-gateways.ts';

const password = 'secure-password';
const bad = { detail: expect.any(String) };
const userFields = ['created_at', 'display_name', 'email', 'id', 'is_active', 'is_admin', 'last_login_at', 'role', 'username'];

describe('An installation that clients of LMStack use', () => {
  let system: TwoGateways;
  let admin: string;
  let adminId: number;

  const at = (gateway: 0 | 1, bearer?: string) => {
    const asked = (verb: 'get' | 'post' | 'patch' | 'delete') => (path: string) => {
      const call = request(system.urls[gateway])[verb](`/api${path}`);
      return bearer === undefined ? call : call.auth(bearer, { type: 'bearer' });
    };
    return { get: asked('get'), post: asked('post'), patch: asked('patch'), delete: asked('delete') };
  };
  const fresh = (): string => `u${randomBytes(4).toString('hex')}`;
  const logIn = (username: string, word = password) => at(1).post('/auth/login').send({ username, password: word });
  const create = async (more: object = {}) => {
    const username = fresh();
    const { body } = await at(0, admin)
      .post('/users')
      .send({ username, password, ...more })
      .expect(201);
    const { access_token: token } = (await logIn(username).expect(200)).body;
    return { username, id: body.id as number, token: token as string, body };
  };

  beforeAll(async () => {
    system = await startTwoGateways();
  }, 60_000);
  afterAll(() => system?.stop(), 30_000);

  it('is set up once, by one of thirty-two at two gateways', async () => {
    expect((await at(0).get('/auth/setup/status').expect(200)).body).toEqual({ initialized: false });
    const setUp = (n: number) =>
      at(n % 2 === 0 ? 0 : 1)
        .post('/auth/setup')
        .send({ username: `admin${n}`, password, email: null });
    const answers = await Promise.all(Array.from({ length: 32 }, (_, n) => setUp(n)));
    const first = answers.filter(({ status }) => status === 200);
    expect(first).toHaveLength(1);
    for (const { status, body } of answers) if (status !== 200) expect([status, body]).toEqual([400, bad]);
    const { body } = first[0] ?? {};
    expect(body).toMatchObject({ token_type: 'bearer', user: { id: 1, role: 'admin', is_admin: true, email: null } });
    expect(Object.keys(body.user).sort()).toEqual(userFields);
    admin = body.access_token;
    adminId = body.user.id;
    expect((await at(1).get('/auth/setup/status').expect(200)).body).toEqual({ initialized: true });
    // At the other gateway too, and at once.
    expect((await at(1, admin).get('/users').expect(200)).body).toMatchObject({
      total: 1,
      items: [{ id: 1, username: body.user.username }],
    });
    expect((await at(1, admin).get('/auth/me').expect(200)).body).toMatchObject({ id: 1, role: 'admin' });
  }, 60_000);

  it('knows its users by numbers, under both paths', async () => {
    const { id, username, body } = await create({ email: `${fresh()}@example.com`, display_name: 'New' });
    expect(body).toMatchObject({ username, display_name: 'New', role: 'viewer', is_admin: false, is_active: true, last_login_at: null });
    expect(Object.keys(body).sort()).toEqual(userFields);
    for (const base of ['/users', '/auth/users'])
      expect((await at(0, admin).get(`${base}/${id}`).expect(200)).body).toMatchObject({ id, username, last_login_at: expect.any(String) });
    const moved = `${fresh()}@example.com`;
    expect((await at(0, admin).patch(`/auth/users/${id}`).send({ email: moved, role: 'operator' }).expect(200)).body).toMatchObject({
      email: moved,
      role: 'operator',
    });
    const listed = (await at(0, admin).get('/users').query({ skip: 1, limit: 1 }).expect(200)).body;
    expect(listed).toMatchObject({ items: [{ id }], total: 2 });
    await at(0, admin).delete(`/users/${id}`).expect(204);
    for (const gone of [id, 999_999, 'none']) expect((await at(0, admin).get(`/users/${gone}`)).status).toBe(404);
    expect((await logIn(username)).status).toBe(401);
  });

  it('does not take twice what may be there once, nor less than it says', async () => {
    const { username } = await create();
    const again = await at(0, admin).post('/auth/users').send({ username: username.toUpperCase(), password });
    expect([again.status, again.body]).toEqual([400, bad]);
    const weak = await at(0, admin).post('/users').send({ username: fresh(), password: '12345' });
    expect([weak.status, weak.body.detail[0].loc]).toEqual([422, ['body', 'password']]);
  });

  it('lets no administrator end themselves, and ends others within a second everywhere', async () => {
    for (const send of [{ role: 'viewer' }, { is_admin: false }, { is_active: false }])
      expect((await at(0, admin).patch(`/users/${adminId}`).send(send)).status).toBe(400);
    expect((await at(0, admin).delete(`/auth/users/${adminId}`)).status).toBe(400);
    const other = await create({ is_admin: true });
    await at(0, other.token).get('/users').expect(200);
    await at(0, admin).patch(`/users/${other.id}`).send({ role: 'viewer' }).expect(200);
    for (const gateway of [0, 1] as const)
      await eventually(async () => (await at(gateway, other.token).get('/users')).status === 403, { within: 1_000 });
    expect((await at(1, other.token).get('/auth/me').expect(200)).body).toMatchObject({ role: 'viewer', is_admin: false });
  });

  it('closes an account for its tokens and its password, and opens it again', async () => {
    const { id, token, username } = await create();
    await at(0, admin).patch(`/users/${id}`).send({ is_active: false }).expect(200);
    await eventually(async () => (await at(1, token).get('/auth/me')).status === 401, { within: 1_000 });
    expect([(await logIn(username)).status, (await logIn(username, 'wrong')).status]).toEqual([401, 401]);
    expect((await at(0, admin).patch(`/users/${id}`).send({ display_name: 'Gone' }).expect(200)).body).toMatchObject({ is_active: false });
    await at(0, admin).patch(`/users/${id}`).send({ is_active: true }).expect(200);
    await logIn(username).expect(200);
  });

  it('changes passwords for those who know them', async () => {
    const { token, username } = await create();
    const change = (current: string) =>
      at(0, token).post('/auth/me/password').send({ current_password: current, new_password: 'another-password' });
    expect((await change('wrong')).status).toBe(400);
    expect((await change(password)).body).toEqual({ message: expect.any(String) });
    expect([(await logIn(username)).status, (await logIn(username, 'another-password')).status]).toEqual([401, 200]);
  });

  it('shares its keys: operators make them, viewers see them, and a deleted one is dead within a second', async () => {
    const [operator, viewer] = [await create({ role: 'operator' }), await create({ role: 'viewer' })];
    const wish = { name: fresh(), monthly_token_limit: 1_000, expires_in_days: 30 };
    expect((await at(0, viewer.token).post('/api-keys').send(wish)).status).toBe(403);
    const { body: made } = await at(0, operator.token).post('/api-keys').send(wish).expect(201);
    expect(made).toMatchObject({ ...{ name: wish.name, monthly_token_limit: 1_000 }, prefix: 'lmsk_', key: made.api_key, last_used: null });
    expect(made.key).toMatch(new RegExp(`^lmsk_${made.access_key}_[0-9a-f]{32}$`));
    const double = await at(1, operator.token).post('/api-keys').send(wish);
    expect([double.status, double.body]).toEqual([400, bad]);
    const { key, api_key: _, ...shown } = made;
    expect((await at(1, viewer.token).get('/api-keys').expect(200)).body).toEqual({ items: [shown], total: 1 });
    expect((await at(1, viewer.token).get(`/api-keys/${made.id}`).expect(200)).body).toEqual(shown);
    await at(0, key).get('/auth/me').expect(200);
    expect((await at(0, key).get('/users')).status).toBe(403);
    expect((await at(0, operator.token).patch(`/api-keys/${made.id}`).send({ description: 'ours' }).expect(200)).body.description).toBe(
      'ours',
    );
    // Of another organization it is as if it were not.
    const stranger = await system.customer();
    for (const id of [made.id, 999_999]) expect((await at(0, stranger.token).get(`/api-keys/${id}`)).status).toBe(404);
    await at(0, operator.token).delete(`/api-keys/${made.id}`).expect(204);
    for (const gateway of [0, 1] as const)
      await eventually(async () => (await at(gateway, key).get('/auth/me')).status === 401, { within: 1_000 });
    expect((await at(0, operator.token).delete(`/api-keys/${made.id}`)).status).toBe(404);
  });

  it('gets administrators from the command, whose password is drawn and works', async () => {
    const said: string[] = [];
    const run = (argv: readonly string[], piped = '') =>
      main({
        argv: ['admin', 'create', ...argv],
        env: { ORRERY_URL: system.urls[1], ORRERY_OPERATOR_KEY: system.operatorKey },
        input: Readable.from([piped]),
        out: { write: (text) => said.push(text) },
        err: { write: (text) => said.push(text) },
      });
    const [drawn, given] = [fresh(), fresh()];
    expect(await run(['--username', drawn, '--email', `${drawn}@example.com`])).toBe(0);
    const [, shown = ''] = /shown this once: (\S+)/.exec(said.join('')) ?? [];
    expect((await logIn(drawn, shown).expect(200)).body.user).toMatchObject({ role: 'admin', email: `${drawn}@example.com` });
    expect(await run(['--username', given, '--password-stdin'], `${password}\n`)).toBe(0);
    await at(0, (await logIn(given).expect(200)).body.access_token)
      .get('/users')
      .expect(200);
    expect([await run(['--username', given]), said.at(-1)]).toEqual([1, expect.stringContaining('belongs to somebody else')]);
    expect([await run(['--username', fresh(), '--password-stdin'], 'short'), said.at(-1)]).toEqual([
      1,
      expect.stringContaining('password'),
    ]);
  });
});
