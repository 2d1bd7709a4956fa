import { catalog, identity, type Operation, type RequestOf } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { lmstack } from '../src/dialects/lmstack/index.ts';
import { called, cases, modelId, prefix, text } from './fixtures/lmstack-cases.ts';
import { id, sample } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

describe('The LMStack API', () => {
  let world: World;
  let admin: Person;
  let member: Person;

  beforeAll(async () => {
    world = await startWorld();
    admin = await world.person();
    await world.publishing.member(admin.userId, { [admin.orgId]: 'owner' }, { isAdministrator: true });
    member = await world.person('viewer');
  }, 30_000);
  afterAll(() => world?.stop());

  const shownKey = { ...sample(identity.GetApiKey), form: 'lmsk' as const, prefix, models: [modelId, 'mom'] };
  beforeEach(() => {
    world.stubs.reset();
    world.stubs.on(catalog.FindNumberedModel, async () => called);
    world.stubs.on(catalog.FindModels, async () => ({ items: [called] }));
    world.stubs.on(catalog.NumberModels, async () => ({ items: [{ modelId, number: 7 }] }));
    world.stubs.on(identity.ListApiKeys, async () => ({ items: [shownKey] }));
    world.stubs.on(identity.GetApiKey, async () => shownKey);
    world.stubs.on(identity.UpdateApiKey, async () => shownKey);
    world.stubs.on(identity.CreateApiKey, async () => ({ ...shownKey, key: text }));
  });

  const call = (row: string, bearer: string | undefined, path = '7') => {
    const [method = '', template = ''] = row.split(' ');
    const verb = method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete';
    const asked = request(world.url)[verb](`/api${template.replace(/\{\w+\}/, path)}`);
    return bearer === undefined ? asked : asked.auth(bearer, { type: 'bearer' });
  };
  const refuses = (operation: Operation, code: string): void =>
    world.stubs.on(operation, async (): Promise<never> => refuse({ code, details: {} }));

  it.each(cases.map((each) => [each.row, each] as const))('%s', async (_, { row, send, query = '', asks, status = 200, gives }) => {
    const response = await call(row, admin.token).query(query).send(send);
    expect([response.status, status === 204 ? undefined : response.body]).toEqual([status, gives]);
    if (status === 204) expect([response.text, response.headers['content-type']]).toEqual(['', undefined]);
    for (const [operation, input] of asks) expect(world.stubs.last(operation)?.input).toMatchObject(input);
    expect(world.stubs.asked).toHaveLength(asks.length);
  });

  it('has a case for every row', () => {
    const rows = lmstack().routes.map(({ method, path }) => `${method} ${path.replace('/api', '')}`);
    // Models have cases of their own.
    expect(rows.filter((row) => !row.includes(' /models')).sort()).toEqual(cases.map(({ row }) => row).sort());
  });

  it('shows as they are models that are gone, and names', async () => {
    world.stubs.on(catalog.FindModels, async () => ({ items: [] }));
    world.stubs.on(catalog.NumberModels, async () => ({ items: [] }));
    const { body } = await call('GET /api-keys/{key_id}', admin.token);
    expect(body.allowed_model_ids).toEqual([modelId, 'mom']);
  });

  it('takes its keys where it takes its tokens, as far as keys go', async () => {
    const lmsk = await world.apiKey(admin, { form: 'lmsk' });
    expect(lmsk).toMatch(/^lmsk_[0-9a-f]{16}_[0-9a-f]{32}$/);
    expect((await call('GET /api-keys', lmsk)).status).toBe(200);
    expect((await call('GET /auth/me', lmsk)).status).toBe(200);
    expect((await call('GET /users', lmsk)).status).toBe(403);
    const wrong = await call('GET /api-keys', `${lmsk.slice(0, -1)}${lmsk.endsWith('0') ? '1' : '0'}`);
    expect([wrong.status, wrong.body]).toEqual([401, { detail: expect.any(String) }]);
  });

  const closed = cases.filter(({ row }) => !/setup|login/.test(row)).map(({ row, send }) => [row, send] as const);
  it.each(closed)('%s needs a credential', async (row, send) => {
    const response = await call(row, undefined).send(send);
    expect([response.status, response.body]).toEqual([401, { detail: expect.any(String) }]);
    expect(world.stubs.asked).toEqual([]);
  });

  const forMore = closed.filter(([row]) => row.includes('/users') || /^(POST|PATCH|DELETE) \/api-keys/.test(row));
  it.each(forMore)('%s needs more than a viewer', async (row, send) => {
    const response = await call(row, member.token).send(send);
    expect([response.status, response.body]).toEqual([403, { detail: expect.any(String) }]);
    expect(world.stubs.asked).toEqual([]);
  });

  const refused: readonly (readonly [string, Operation, string, number, object?])[] = [
    ['POST /auth/setup', identity.SetUp, 'AlreadySetUp', 400, { username: 'admin', password: 'secure-password' }],
    ['POST /auth/login', identity.LogInByUsername, 'BadCredentials', 401, { username: 'admin', password: 'x' }],
    ['POST /auth/login', identity.LogInByUsername, 'UserDeactivated', 401, { username: 'admin', password: 'x' }],
    ['POST /auth/login', identity.LogInByUsername, 'TooManyTries', 429, { username: 'admin', password: 'x' }],
    ['POST /auth/me/password', identity.ChangePassword, 'WrongPassword', 400, { current_password: 'x', new_password: 'secure-password' }],
    ['POST /users', identity.CreatePerson, 'UsernameTaken', 400, { username: 'admin', password: 'secure-password' }],
    ['POST /auth/users', identity.CreatePerson, 'EmailTaken', 400, { username: 'admin', password: 'secure-password' }],
    ['GET /users/{user_id}', identity.GetPerson, 'UserNotFound', 404],
    ['PATCH /users/{user_id}', identity.UpdatePerson, 'UserNotFound', 404, {}],
    ['PATCH /users/{user_id}', identity.UpdatePerson, 'OwnAccount', 400, { role: 'viewer' }],
    ['PATCH /users/{user_id}', identity.UpdatePerson, 'LastAdministrator', 400, { is_admin: false }],
    ['DELETE /users/{user_id}', identity.GetPerson, 'UserNotFound', 404],
    ['DELETE /users/{user_id}', identity.DeleteUser, 'OwnAccount', 400],
    ['POST /api-keys', identity.CreateApiKey, 'KeyNameTaken', 400, { name: 'x' }],
    ['POST /api-keys', catalog.FindNumberedModel, 'ModelNotFound', 404, { name: 'x', allowed_model_ids: ['9'] }],
    ['GET /api-keys/{key_id}', identity.FindApiKey, 'ApiKeyNotFound', 404],
    ['PATCH /api-keys/{key_id}', identity.FindManagedApiKey, 'ApiKeyNotFound', 404, {}],
    ['PATCH /api-keys/{key_id}', identity.UpdateApiKey, 'KeyNameTaken', 400, { name: 'taken' }],
    ['DELETE /api-keys/{key_id}', identity.FindManagedApiKey, 'ApiKeyNotFound', 404],
  ];
  it.each(refused.map((each) => ({ title: `${each[0]} that is refused with ${each[2]}`, each })))(
    '$title is answered in its words',
    async ({ each: [row, operation, code, status, send] }) => {
      refuses(operation, code);
      const response = await call(row, admin.token).send(send);
      expect([response.status, response.body]).toEqual([status, { detail: expect.stringMatching(/^[A-Z].*\.$/) }]);
    },
  );

  it.each<[string, object, readonly (string | number)[], string]>([
    ['POST /auth/setup', { username: 'ab', password: 'secure-password' }, ['body', 'username'], 'String should have at least 3 characters'],
    ['POST /auth/login', { username: 'admin' }, ['body', 'password'], 'Field required'],
    [
      'POST /auth/me/password',
      { current_password: 'x', new_password: 'short' },
      ['body', 'new_password'],
      'String should have at least 10 characters',
    ],
    [
      'POST /users',
      { username: 'a'.repeat(51), password: 'secure-password' },
      ['body', 'username'],
      'String should have at most 50 characters',
    ],
    ['POST /users', { username: 'admin', password: 'a'.repeat(101) }, ['body', 'password'], 'String should have at most 100 characters'],
    ['POST /users', { username: 'admin', password: 'too weak' }, ['body', 'password'], 'String should have at least 10 characters'],
    [
      'POST /users',
      { username: 'admin', password: 'secure-password', email: 'x' },
      ['body', 'email'],
      'value is not a valid email address',
    ],
    ['PATCH /users/{user_id}', { is_active: 'perhaps' }, ['body', 'is_active'], 'Input should be a valid boolean'],
    ['POST /api-keys', { name: '' }, ['body', 'name'], 'String should have at least 1 character'],
  ])('%s with %j is a matter of validation', async (row, send, loc, msg) => {
    const response = await call(row, admin.token).send(send);
    expect([response.status, response.body]).toEqual([422, { detail: [{ loc, msg, type: expect.any(String) }] }]);
  });

  it.each(['limit=101', 'limit=0', 'skip=-1', 'limit=many'])('lists nothing with %s', async (query) => {
    for (const row of ['GET /users', 'GET /api-keys']) {
      const response = await call(row, admin.token).query(query);
      expect([response.status, response.body.detail[0].loc[0]]).toEqual([422, 'query']);
    }
  });

  it('knows three roles, in two spellings', async () => {
    const wish = async (send: object) => {
      await call('POST /users', admin.token).send({ username: 'newuser', password: 'secure-password', ...send });
      return world.stubs.last(identity.CreatePerson)?.input as RequestOf<typeof identity.CreatePerson>;
    };
    const { orgId } = admin;
    expect(await wish({})).toMatchObject({ isAdministrator: false, membership: { orgId, role: 'viewer' } });
    expect(await wish({ role: 'operator' })).toMatchObject({ isAdministrator: false, membership: { orgId, role: 'admin' } });
    for (const send of [{ role: 'admin' }, { is_admin: true }])
      expect(await wish(send)).toMatchObject({ isAdministrator: true, membership: { orgId, role: 'owner' } });
    const bad = await call('POST /users', admin.token).send({ username: 'newuser', password: 'secure-password', role: 'king' });
    expect([bad.status, bad.body]).toEqual([400, { detail: 'A role is viewer, operator or admin.' }]);
  });

  it('finds nobody, and no key, by what is no number', async () => {
    for (const [row, path] of [
      ['GET /users/{user_id}', 'none'],
      ['DELETE /users/{user_id}', '-1'],
    ] as const)
      expect([row, path, (await call(row, admin.token, path)).status]).toEqual([row, path, 404]);
    expect(world.stubs.asked).toEqual([]);
    refuses(identity.FindApiKey, 'ApiKeyNotFound');
    for (const path of ['none', '0', '-7', id]) expect((await call('GET /api-keys/{key_id}', admin.token, path)).status).toBe(404);
    expect(world.stubs.last(identity.FindApiKey)?.input).toEqual({ number: Number.MAX_SAFE_INTEGER });
  });

  it('says nothing of a session that owes no second factor', async () => {
    const signedIn = sample(identity.LogInByUsername);
    world.stubs.on(identity.LogInByUsername, async () => ({ ...signedIn, tokens: { ...signedIn.tokens, secondFactorNeeded: false } }));
    const response = await call('POST /auth/login', undefined).send({ username: 'admin', password: 'x' });
    expect(Object.keys(response.body)).toEqual(['access_token', 'token_type', 'user']);
  });

  it('answers in its shape wherever it is asked', async () => {
    for (const path of ['/api/users/7/nothing', '/api/auth/nothing', '/api/api-keys/7/nothing'])
      expect((await request(world.url).get(path)).body).toEqual({ detail: 'Not Found' });
    const other = await request(world.url).put('/api/users').send({});
    expect([other.status, other.body]).toEqual([405, { detail: 'Method Not Allowed' }]);
  });
});
