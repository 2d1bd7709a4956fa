import { codeOf, eventually, stepNow } from '@orrery/testing';
import * as client from 'openid-client';
import request from 'supertest';
import { type App, type OauthWorld, redirectUri, startOauthWorld } from './fixtures/oauth-world.ts';

const together = 32;
/** Of this moment, or of one before it. */
const codeNow = (secret: string, away: number): string => codeOf(secret, stepNow() + away);

describe('Whoever attacks by OAuth', () => {
  let world: OauthWorld;

  beforeAll(async () => {
    world = await startOauthWorld();
  }, 120_000);
  afterAll(() => world?.system.stop(), 60_000);

  const exchange = (fields: Readonly<Record<string, string>>, app?: App) =>
    world.form('/oauth/token', { grant_type: 'authorization_code', redirect_uri: redirectUri, ...fields }, app);
  const opened = async (more: Readonly<Record<string, string>>) => {
    const { url } = await world.asking(more);
    return await world.browser().open(url);
  };

  it('exchanges a code once, however many try at the same time, and then nothing of it is left', async () => {
    const { code, verifier } = await world.allowed();
    const answers = await Promise.all(Array.from({ length: together }, () => exchange({ code, code_verifier: verifier })));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(new Set(['invalid_grant']));
    await eventually(async () => expect(await world.status(won[0]?.body.access_token)).toBe(401), { within: 1_000 });
  });

  it('refreshes once, however many try at the same time, and then nothing of it is left', async () => {
    const { refresh_token: token = '' } = await world.tokens();
    const refresh = () => world.form('/oauth/token', { grant_type: 'refresh_token', refresh_token: token });
    const answers = await Promise.all(Array.from({ length: together }, refresh));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { body } of won) {
      await eventually(async () => expect(await world.status(body.access_token)).toBe(401), { within: 1_000 });
      const next = await world.form('/oauth/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token });
      expect(next.body.error).toBe('invalid_grant');
    }
  });

  it('replays a code, and ends what it was exchanged for', async () => {
    const { code, verifier } = await world.allowed();
    const first = await exchange({ code, code_verifier: verifier });
    expect(await world.status(first.body.access_token)).toBe(200);
    expect((await exchange({ code, code_verifier: verifier })).body.error).toBe('invalid_grant');
    await eventually(async () => expect(await world.status(first.body.access_token)).toBe(401), { within: 1_000 });
  });

  it('has stolen a code, and lacks what belongs to it', async () => {
    const { code, verifier } = await world.allowed();
    const other: App = (await world.post('/me/oauth-apps', { name: 'Other', redirectUris: [redirectUri] }).expect(201)).body;
    const wrong = [
      await exchange({ code, code_verifier: client.randomPKCECodeVerifier() }),
      await exchange({ code }),
      await exchange({ code, code_verifier: verifier, redirect_uri: `${redirectUri}/` }),
      await exchange({ code, code_verifier: verifier }, other),
    ];
    expect(wrong.map(({ status, body }) => [status, body.error])).toEqual(wrong.map(() => [400, 'invalid_grant']));
    const withoutSecret = await exchange({ code, code_verifier: verifier }, { ...world.app, secret: 'x' });
    expect([withoutSecret.status, withoutSecret.body.error]).toEqual([401, 'invalid_client']);
    const ofAnother = await exchange({ code, code_verifier: verifier }, { ...world.app, secret: other.secret });
    expect([ofAnother.status, ofAnother.body.error]).toEqual([401, 'invalid_client']);
  });

  it.each([
    'https://evil.example/callback',
    `${redirectUri}/more`,
    `${redirectUri}?next=https://evil.example`,
    'https://app.example.com.evil.example/callback',
    'https://app.example.com@evil.example/callback',
    'http://app.example.com/callback',
  ])('is sent nowhere by a redirect URI that was not registered: %s', async (uri) => {
    const page = await opened({ redirect_uri: uri });
    expect(page.url.origin).toBe(world.system.url);
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('redirect_uri')]);
  });

  it('asks without PKCE, or with a plain one, or for more than the application may', async () => {
    const { url } = await world.asking();
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const without = await world.browser().open(url);
    const plain = await opened({ code_challenge_method: 'plain' });
    const greedy = await opened({ scope: 'openid org:delete' });
    const errors = [without, plain, greedy].map((page) => page.url.searchParams.get('error'));
    expect(errors).toEqual(['invalid_request', 'invalid_request', 'invalid_scope']);
  });

  it('refreshes to more than it was let do', async () => {
    const { refresh_token: token = '' } = await world.tokens({ scope: 'openid offline_access runs:read' });
    const asked = { grant_type: 'refresh_token', refresh_token: token, scope: 'openid runs:read runs:create' };
    expect((await world.form('/oauth/token', asked)).body.error).toBe('invalid_scope');
  });

  it('sends a form from another site, or frames ours, or writes markup into them', async () => {
    const browser = world.browser();
    const asked = await world.asking();
    const page = await browser.open(asked.url);
    const words = { step: 'log-in', email: world.email, password: 'a long enough one' };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: world.system.url, 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await browser.send(page, words, headers);
      expect([headers, answer.status, answer.text]).toEqual([headers, 403, expect.stringContaining('CrossSite')]);
    }
    expect(browser.cookies.has('session')).toBe(false);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' https:\/\/app\.example\.com; frame-ancestors 'none'/,
    );
    const marked = await browser.send(page, { step: 'log-in', email: '"><script>alert(1)</script>', password: 'x' });
    expect(marked.text).not.toContain('<script');
  });

  it('guesses passwords on the page, and waits as everywhere', async () => {
    const browser = world.browser();
    const page = await browser.open((await world.asking()).url);
    let last = page;
    for (let n = 0; n < 8; n += 1) last = await browser.send(page, { step: 'log-in', email: 'guessed@example.com', password: 'wrong' });
    expect(last.text).toContain('Too many wrong tries');
    expect(browser.cookies.has('session')).toBe(false);
  });

  it('takes the question of somebody else, and gets no answer', async () => {
    const mine = world.browser();
    const consent = await world.logIn(mine, await mine.open((await world.asking()).url));
    const stranger = await world.browser().open(consent.url);
    expect([stranger.status, stranger.text]).toEqual([400, expect.stringContaining('begin again')]);
  });

  it('uses a browser whose person has logged out, and is asked who they are', async () => {
    const { browser } = await world.allowed();
    const asked = async () => {
      const { url } = await world.asking({ scope: 'openid runs:read' });
      url.searchParams.delete('prompt');
      return await browser.open(url);
    };
    expect((await asked()).url.searchParams.get('code')).toEqual(expect.any(String));
    browser.forget('session');
    expect((await asked()).text).toContain('Log in to go on to Notebook');
  });

  it('logs in with one factor where two are owed, and is let do nothing', async () => {
    const email = 'careful@example.com';
    const asked = (path: string, body: object) => request(world.system.url).post(`/orrery/v1${path}`).send(body);
    await asked('/users', { email, password: 'a long enough one' }).expect(201);
    const { accessToken } = (await asked('/sessions', { email, password: 'a long enough one' })).body;
    const { secret } = (await world.post('/me/mfa/authenticator', {}, accessToken)).body;
    await world.post('/me/mfa/authenticator/confirm', { code: codeNow(secret, -1) }, accessToken).expect(200);
    const browser = world.browser();
    const owing = await browser.send(await browser.open((await world.asking()).url), {
      step: 'log-in',
      email,
      password: 'a long enough one',
    });
    expect(owing.text).toContain('Second factor');
    expect((await browser.send(owing, { step: 'allow' })).text).toContain('Second factor');
    expect((await browser.send(owing, { step: 'second-factor', code: '000000' })).text).toContain('This code is wrong');
    const consent = await browser.send(owing, { step: 'second-factor', code: codeNow(secret, 0) });
    expect(consent.text).toContain('wants to act for you');
    expect((await browser.send(consent, { step: 'allow' })).url.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('shows what is no token of an application, where one is asked for', async () => {
    const { access_token: token } = await world.tokens();
    const [head = '', claims = '', signature = ''] = token.split('.');
    const inside = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const forged = `${head}.${Buffer.from(JSON.stringify({ ...inside, scope: 'org:delete' })).toString('base64url')}.${signature}`;
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt","kid":"x"}').toString('base64url')}.${claims}.`;
    for (const bad of [forged, unsigned, inside.jti]) {
      expect(await world.status(bad)).toBe(401);
      expect((await request(world.system.url).get('/oauth/userinfo').auth(bad, { type: 'bearer' })).status).toBe(401);
    }
    for (const path of ['/oauth/UserInfo', '/oauth/userinfo/', '/oauth/%75serinfo']) {
      expect((await request(world.system.url).get(path).auth(inside.jti, { type: 'bearer' })).status).toBe(404);
    }
    expect((await request(world.system.url).get('/oauth/userinfo').auth(world.bearer, { type: 'bearer' })).status).toBe(401);
    expect((await world.form('/oauth/introspect', { token: forged })).body).toEqual({ active: false });
    const other: App = (await world.post('/me/oauth-apps', { name: 'Nosy', redirectUris: [redirectUri] }).expect(201)).body;
    expect((await world.form('/oauth/introspect', { token }, other)).body).toEqual({ active: false });
    await world.form('/oauth/revoke', { token }, other);
    expect(await world.status(token)).toBe(200);
  });

  it('closes the account, and acts through nothing within a second', async () => {
    const { access_token: token } = await world.tokens();
    expect(await world.status(token)).toBe(200);
    await request(world.system.url).post('/orrery/v1/me/deactivate').auth(world.bearer, { type: 'bearer' }).send({}).expect(200);
    await eventually(async () => expect(await world.status(token)).toBe(401), { within: 1_000 });
  });
});
