import { identity, UserId } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

const here = 'https://orrery.example.com';
const atIssuer = 'https://id.example.com/authorize?state=x';
const ticket = 'kek.sealed-ticket_1';
const held = `__Host-sign-in=${ticket}`;
const callback = '/sign-in/work/callback?code=c&state=s&iss=https%3A%2F%2Fid.example.com&session_state=z';

describe('The pages that browsers are sent through to sign in', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld({ env: { ORRERY_PUBLIC_URL: here } });
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    world.stubs.reset();
    const begun = { url: atIssuer, ticket, expiresIn: 600 };
    world.stubs.on(identity.BeginSignIn, async () => begun);
    world.stubs.on(identity.BeginIdentityLink, async () => begun);
  });

  const signedIn = (more: Partial<identity.Tokens> = {}) => {
    const tokens = {
      accessToken: tokenFor(owner.userId),
      refreshToken: 'a refresh token',
      expiresIn: 60,
      email: 'ada@example.com',
      ...more,
    };
    const whole = { secondFactorNeeded: false, ...tokens, userId: UserId.parse(owner.userId) };
    world.stubs.on(identity.FinishSignIn, async () => ({ returnTo: `${here}/runs?x=1`, tokens: whole }));
  };
  const cookiesOf = ({ headers }: request.Response): readonly string[] => [headers['set-cookie'] ?? []].flat();

  it('send a browser to the issuer, with a ticket that no script and no neighbour reaches', async () => {
    const response = await request(world.url).get('/sign-in/work?return_to=/runs');
    expect([response.status, response.headers['location'], response.text]).toEqual([303, atIssuer, '']);
    expect(cookiesOf(response)).toEqual([`${held}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure`]);
    expect(world.stubs.last(identity.BeginSignIn)?.input).toEqual({ issuer: 'work', returnTo: '/runs' });
  });

  it('let in whoever comes back with the ticket, and send them on', async () => {
    signedIn();
    const response = await request(world.url).get(callback).set('cookie', held);
    expect([response.status, response.headers['location']]).toEqual([303, `${here}/runs?x=1`]);
    const [session, cleared, ...more] = cookiesOf(response);
    expect(session).toMatch(/^session=eyJ[\w.-]+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    expect([cleared, more]).toEqual(['__Host-sign-in=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure', []]);
    const answer = { code: 'c', state: 's', iss: 'https://id.example.com' };
    expect(world.stubs.last(identity.FinishSignIn)?.input).toEqual({ issuer: 'work', ticket, answer });
    const [cookie = ''] = session?.split(';') ?? [];
    expect((await request(world.url).get('/api/user').set('cookie', cookie)).status).toBe(200);
  });

  it('say where a second factor is owed', async () => {
    signedIn({ secondFactorNeeded: true });
    const { headers } = await request(world.url).get(callback).set('cookie', held);
    expect(headers['location']).toBe(`${here}/runs?x=1&second_factor_needed=true`);
  });

  it('let nobody in who has no ticket, or two', async () => {
    signedIn();
    for (const cookie of ['', 'sign-in=kek.other', `${held}; __Host-sign-in=kek.other`]) {
      const response = await request(world.url).get(callback).set('cookie', cookie);
      expect([response.status, response.body.code, cookiesOf(response)]).toEqual([400, 'SignInRefused', []]);
    }
    expect(world.stubs.asked).toEqual([]);
  });

  it('take no cookie as anything but a ticket', async () => {
    signedIn({ accessToken: 'x\r\nset-cookie: y' });
    const response = await request(world.url).get(callback).set('cookie', held);
    expect([response.status, cookiesOf(response)]).toEqual([500, []]);
  });

  it('begin a link for whoever is signed in, where a page of ours asks', async () => {
    const link = () => request(world.url).post('/sign-in/work/link').set('cookie', `session=${owner.token}`);
    const linking = await link().set('origin', here).send({ returnTo: '/settings' });
    expect([linking.status, linking.body, cookiesOf(linking).length]).toEqual([200, { url: atIssuer }, 1]);
    expect(world.stubs.last(identity.BeginIdentityLink)).toMatchObject({
      input: { issuer: 'work', returnTo: '/settings' },
      context: { principal: { kind: 'user', id: owner.userId } },
    });
    expect((await link().set('origin', 'https://evil.example').send({})).body.code).toBe('CrossSite');
    expect((await request(world.url).post('/sign-in/work/link').send({})).status).toBe(401);
    world.stubs.on(identity.FinishSignIn, async () => ({ returnTo: `${here}/settings`, tokens: null }));
    const linked = await request(world.url).get(callback).set('cookie', held);
    expect([linked.headers['location'], cookiesOf(linked).length]).toEqual([`${here}/settings`, 1]);
  });

  it('say what is wrong', async () => {
    world.stubs.on(identity.BeginSignIn, async () => refuse({ code: 'IssuerUnavailable', details: { issuer: 'work' } }));
    const down = await request(world.url).get('/sign-in/work');
    expect([down.status, down.body.detail]).toEqual([503, expect.stringMatching(/^work does not answer/)]);
    for (const path of ['/sign-in/No%20Such', '/sign-in/..%2fx']) {
      expect([path, (await request(world.url).get(path)).body.code]).toEqual([path, 'IssuerNotFound']);
    }
    world.stubs.on(identity.FinishSignIn, async () => refuse({ code: 'SignInDenied', details: {} }));
    expect((await request(world.url).get('/sign-in/work/callback?error=access_denied&state=s').set('cookie', held)).body.code).toBe(
      'SignInDenied',
    );
    expect(
      (
        await request(world.url)
          .get(`/sign-in/work/callback?code=${'x'.repeat(4_001)}`)
          .set('cookie', held)
      ).body.code,
    ).toBe('InvalidInput');
  });
});
