import { catalog, identity } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { deeplogix } from '../src/dialects/deeplogix/index.ts';
import { type Case, cases, closed, credentials, here, key, me, view } from './fixtures/deeplogix-cases.ts';
import { at, id } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

describe('The Deeplogix API', () => {
  let world: World;
  let owner: Person;
  let bearer: string;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_PUBLIC_URL: here } });
    owner = await world.person();
    bearer = await world.apiKey(owner, { isOwn: true });
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    world.stubs.reset();
    const logIn = { accessToken: tokenFor(owner.userId), refreshToken: 'r', expiresIn: 60, userId: me.id, email: 'ada@example.com' };
    world.stubs.on(identity.LogIn, async () => ({ ...logIn, secondFactorNeeded: false }));
    world.stubs.on(identity.ShowSecondFactor, async () => ({ backupCodesLeft: 7 }));
    world.stubs.on(identity.GetMe, async () => me);
    const { metadata: _, ...publicView } = view;
    world.stubs.on(catalog.GetModel, async () => view);
    world.stubs.on(catalog.GetPublicModel, async () => publicView);
    world.stubs.on(catalog.ListPublicModels, async () => ({ items: [publicView], total: 17 }));
    const provider = { provider: 'orrery', name: 'Orrery', description: '', models: 3, registeredAt: at };
    world.stubs.on(catalog.ListProviders, async () => ({ items: [provider] }));
    world.stubs.on(identity.ListMyApiKeys, async () => ({ items: [identity.ApiKeyView.strip().parse(key)] }));
    world.stubs.on(identity.CreateMyApiKey, async () => key);
  });

  const call = (row: string) => {
    const [method = '', path = ''] = row.split(' ');
    const verb = method.toLowerCase() as 'get' | 'post' | 'delete';
    return request(world.url)[verb](`/api${path.replace(/\{\w+\}/, id)}`);
  };
  const asBearer = ({ row, isForPeople }: Case) => call(row).auth(isForPeople ? owner.token : bearer, { type: 'bearer' });
  const asBrowser = ({ row }: Pick<Case, 'row'>) =>
    call(row).set({ cookie: `session=${owner.token}`, origin: here, 'sec-fetch-site': 'same-origin' });
  const errorOf = ({ status, body }: request.Response) => {
    expect(body).toEqual({ ok: false, error: expect.any(String), message: expect.stringMatching(/\w/), status });
    return [status, body.error];
  };
  const named = (list: readonly Case[]) => list.map((each) => [each.row, each] as const);

  it.each(named(cases))('%s', async (_, each) => {
    for (const asked of [asBearer(each), asBrowser(each)]) {
      const response = await asked.query(each.query ?? '').send(each.send);
      expect([response.status, response.body]).toEqual([200, { ok: true, data: each.gives }]);
      expect(world.stubs.last(each.asks[0])?.input).toMatchObject(each.asks[1]);
    }
    expect(world.stubs.asked).toHaveLength(2);
  });

  it.each(cases.flatMap((each) => each.refusals.map((refused) => [each.row, refused.error, each, refused] as const)))(
    '%s says %s',
    async (_, error, each, { code, status }) => {
      world.stubs.on(each.asks[0], async () => refuse({ code, details: {} }));
      expect(errorOf(await asBearer(each).send(each.send))).toEqual([status, error]);
    },
  );

  it.each(named(cases.filter(({ malformed }) => malformed)))('%s names the field that is malformed', async (_, each) => {
    const [body, error] = each.malformed ?? [];
    expect(errorOf(await asBearer(each).send(body))).toEqual([400, error]);
    expect(errorOf(await asBearer(each).type('json').send('{'))).toEqual([400, 'E_BODY-BAD_REQUEST']);
    expect(world.stubs.asked).toEqual([]);
  });

  it.each(named(closed))('%s is closed to nobody, and to a cookie that another page sends', async (_, each) => {
    expect(errorOf(await call(each.row).send(each.send))).toEqual([401, 'Unauthorized']);
    expect(errorOf(await call(each.row).set('cookie', 'session=a.b.c').send({}))).toEqual([401, 'Unauthorized']);
    if (!each.row.startsWith('GET')) {
      expect(errorOf(await asBrowser(each).set('origin', 'https://evil.example').send(each.send))).toEqual([403, 'E_ORIGIN-FORBIDDEN']);
    }
    expect(world.stubs.asked).toEqual([]);
  });

  it('has a case for every row', () => {
    const answered = deeplogix({ publicUrl: here }).routes.filter(({ kind }) => kind === 'answer');
    const rows = answered.map(({ method, path }) => `${method} ${path.replace('/api', '')}`);
    // OAuth applications have cases of their own.
    expect(rows.filter((row) => !row.includes('/oauth-app')).sort()).toEqual(cases.map(({ row }) => row).sort());
  });

  it('gives browsers a cookie and no token, and takes it away again', async () => {
    const loggedIn = await call('POST /user/login').send(credentials);
    expect(String(loggedIn.headers['set-cookie'])).toMatch(/^session=eyJ[\w.-]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    expect(loggedIn.text).not.toContain('eyJ');
    const loggedOut = await asBrowser({ row: 'POST /user/logout' });
    expect(String(loggedOut.headers['set-cookie'])).toMatch(/^session=; Max-Age=0; /);
    expect(world.stubs.last(identity.EndSession)?.context.principal).toMatchObject({ kind: 'user', id: owner.userId });
  });

  it('lets whoever owes a second factor show it, and nothing else', async () => {
    const cookie = `session=${tokenFor(owner.userId, { sf: true })}`;
    const early = await call('GET /user').set('cookie', cookie);
    expect(errorOf(early)).toEqual([403, 'E_SECOND_FACTOR-FORBIDDEN']);
    expect((await call('POST /user/second-factor').set('cookie', cookie).send({ code: '123456' })).status).toBe(200);
  });

  it('names a key that its maker did not, and takes no body for an empty one', async () => {
    for (const body of [undefined, {}, { name: null }]) {
      expect((await call('POST /user/api-keys').auth(bearer, { type: 'bearer' }).send(body)).status).toBe(200);
      expect(world.stubs.last(identity.CreateMyApiKey)?.input).toMatchObject({ name: 'API key' });
    }
  });

  it('takes an id that cannot be for one that is not, and knows no other paths', async () => {
    const asked = request(world.url).delete('/api/user/api-keys/17').auth(bearer, { type: 'bearer' });
    expect(errorOf(await asked)).toEqual([404, 'E_API_KEY-NOT_FOUND']);
    expect(errorOf(await call('GET /user/nothing'))).toEqual([404, 'E_PATH-NOT_FOUND']);
    expect(errorOf(await call('DELETE /user'))).toEqual([405, 'Method Not Allowed']);
    expect((await request(world.url).get('/api/users')).body).not.toHaveProperty('ok');
  });

  it.each([
    ['GET /public/catalog/{model_id}', 'tiny', 'E_MODEL_ID-BAD_REQUEST'],
    ['GET /model/{model_id}', 'tiny', 'E_MODEL_ID-BAD_REQUEST'],
    ['GET /public/catalog?is_live=maybe', '', 'E_IS_LIVE-BAD_REQUEST'],
    ['GET /public/catalog?task=dance', '', 'E_TASK-BAD_REQUEST'],
    ['GET /public/catalog?limit=0', '', 'E_LIMIT-BAD_REQUEST'],
    ['GET /public/catalog?provider=A%20B', '', 'E_PROVIDER-BAD_REQUEST'],
  ])('%s names the part that is malformed', async (row, ref, error) => {
    const [, path = ''] = row.split(' ');
    const asked = request(world.url).get(`/api${path.replace('{model_id}', ref)}`);
    expect(errorOf(await asked.auth(bearer, { type: 'bearer' }))).toEqual([400, error]);
    expect(world.stubs.asked).toEqual([]);
  });

  it('shows the same to everybody whatever they bring, also what is stale', async () => {
    const { status, body } = await request(world.url).get('/api/public/catalog').auth('lk_stale', { type: 'bearer' });
    expect([status, body.data.total]).toEqual([200, 17]);
  });

  it('says that a service is down', async () => {
    await world.running.get('identity')?.stop();
    expect(errorOf(await call('GET /user').auth(bearer, { type: 'bearer' }))).toEqual([503, 'Service Unavailable']);
  });
});
