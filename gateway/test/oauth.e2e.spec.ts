import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '@orrery/cli';
import { eventually } from '@orrery/testing';
import * as client from 'openid-client';
import request from 'supertest';
import { type App, type OauthWorld, redirectUri, scope, startOauthWorld } from './fixtures/oauth-world.ts';

describe('An application', () => {
  let world: OauthWorld;

  beforeAll(async () => {
    world = await startOauthWorld();
  }, 120_000);
  afterAll(() => world?.system.stop(), 60_000);

  const ends = (token: string) => eventually(async () => expect(await world.status(token)).toBe(401), { within: 1_000 });

  it('is let act by a person, and does', async () => {
    const { back, consent, verifier, state, nonce } = await world.allowed();
    expect(consent.text).toContain('Notebook wants to act for you');
    expect(back.url.href).toMatch(/^https:\/\/app\.example\.com\/callback\?/);
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    const tokens = await client.authorizationCodeGrant(world.config, back.url, checks);
    const sub = tokens.claims()?.sub ?? '';
    const info = await client.fetchUserInfo(world.config, tokens.access_token, sub);
    expect(info).toEqual({ sub, email: world.email, email_verified: false, name: 'Ada' });
    expect((await world.get('/me', tokens.access_token)).body).toMatchObject({ email: world.email });
    expect(await world.status(tokens.access_token)).toBe(200);
  });

  it('may what it was let do, and nothing else', async () => {
    const { access_token: token } = await world.tokens();
    const refused = [
      await world.post('/runs', { code: 'print(1)', type: 'cpu' }, token),
      await world.post('/me/api-keys', { name: 'for ever' }, token),
      await world.post('/me/oauth-apps', { name: 'another', redirectUris: [redirectUri] }, token),
      await world.post('/me/password', { currentPassword: 'a long enough one', newPassword: 'another long one' }, token),
      await world.get('/sessions', token),
      await world.get('/me/api-keys', token),
      await world.get('/me/oauth-grants', token),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    const withoutPerson = await world.tokens({ scope: 'openid runs:read' });
    expect(await world.status(withoutPerson.access_token, '/me')).toBe(403);
    expect((await request(world.system.url).get('/api/user').set('cookie', `session=${token}`)).status).toBe(401);
  });

  it('refreshes, and a refresh token that is used twice ends everything', async () => {
    const first = await world.tokens();
    const second = await client.refreshTokenGrant(world.config, first.refresh_token ?? '');
    expect(await world.status(second.access_token)).toBe(200);
    await expect(client.refreshTokenGrant(world.config, first.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(client.refreshTokenGrant(world.config, second.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    await ends(second.access_token);
  });

  it('is told about its tokens, and ends them', async () => {
    const tokens = await world.tokens();
    const told = await client.tokenIntrospection(world.config, tokens.access_token);
    expect(told).toMatchObject({ active: true, client_id: world.app.id, scope });
    await client.tokenRevocation(world.config, tokens.access_token);
    await ends(tokens.access_token);
    expect(await client.tokenIntrospection(world.config, tokens.access_token)).toEqual({ active: false });
  });

  it('is let act no more by whoever says so', async () => {
    const { access_token: token, refresh_token: refresh = '' } = await world.tokens();
    const { body } = await world.get('/me/oauth-grants', world.bearer);
    expect(body.items.length).toBeGreaterThan(0);
    expect(body.items[0]).toMatchObject({ appId: world.app.id, appName: 'Notebook' });
    for (const { id } of body.items) await world.delete(`/me/oauth-grants/${id}`).expect(200);
    await ends(token);
    await expect(client.refreshTokenGrant(world.config, refresh)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('is switched off, gets another secret, and is deleted', async () => {
    const wish = { name: 'Short', redirectUris: [redirectUri] };
    const app: App = (await world.post('/me/oauth-apps', wish).expect(201)).body;
    const config = await world.configured(app);
    const tokens = await world.tokens({}, config);
    expect(await world.status(tokens.access_token)).toBe(200);
    const switched = (isActive: boolean) =>
      request(world.system.url)
        .patch(`/orrery/v1/me/oauth-apps/${app.id}`)
        .auth(world.bearer, { type: 'bearer' })
        .send({ isActive })
        .expect(200);
    await switched(false);
    await ends(tokens.access_token);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({ status: 401 });
    await switched(true);
    const { body } = await world.post(`/me/oauth-apps/${app.id}/reset-secret`, {}).expect(200);
    expect(body.secret).not.toBe(app.secret);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({ status: 401 });
    const next = await client.refreshTokenGrant(await world.configured(body), tokens.refresh_token ?? '');
    expect(await world.status(next.access_token)).toBe(200);
    await world.delete(`/me/oauth-apps/${app.id}`).expect(200);
    await ends(next.access_token);
  });

  it.each(['oauth-apps', 'oauth-applications'])('is made by clients of Deeplogix at /api/user/%s', async (name) => {
    const path = `/api/user/${name}`;
    const as = (method: 'get' | 'post', at: string) => request(world.system.url)[method](at).auth(world.bearer, { type: 'bearer' });
    const made = await as('post', path).send({ name: 'Connector', redirect_uris: [redirectUri] });
    expect(made.status).toBe(200);
    const { id, client_secret: secret } = made.body.data;
    const data = {
      id: expect.any(String),
      name: 'Connector',
      client_id: id,
      client_secret: expect.any(String),
      redirect_uris: [redirectUri],
    };
    expect(made.body).toEqual({ ok: true, data });
    const { client_secret: _, ...listed } = data;
    const { body } = await as('get', path).expect(200);
    expect(body.data.applications).toContainEqual({ ...listed, id, created_at: expect.any(String) });
    const reset = await as('post', `${path}/${id}/reset-secret`).expect(200);
    expect(reset.body.data).toEqual({ id, client_id: id, client_secret: expect.any(String) });
    expect(reset.body.data.client_secret).not.toBe(secret);
    expect((await world.tokens({}, await world.configured({ id, secret: reset.body.data.client_secret }))).access_token).toEqual(
      expect.any(String),
    );
    const wrong = [
      await as('post', path).send({ name: 'x' }),
      await as('post', path).send({ name: 'x', redirect_uris: ['http://app.example.com/'] }),
      await as('post', path).send({ name: 'x', redirect_uris: [] }),
      await as('post', `${path}/${world.system.operatorKey}/reset-secret`),
      await as('post', `${path}/0199a000-0000-7000-8000-000000000001/reset-secret`),
      await request(world.system.url).get(path),
    ];
    expect(wrong.map(({ status, body: { error } }) => [status, error])).toEqual([
      [400, 'E_REDIRECT_URIS-BAD_REQUEST'],
      [400, 'E_REDIRECT_URIS-BAD_REQUEST'],
      [400, 'E_REDIRECT_URIS-BAD_REQUEST'],
      [404, 'E_OAUTH_APP-NOT_FOUND'],
      [404, 'E_OAUTH_APP-NOT_FOUND'],
      [401, 'Unauthorized'],
    ]);
  });

  it('that is a machine acts for its organization and nobody else', async () => {
    const wish = { name: 'ci', kind: 'service', scopes: ['runs:read', 'catalog:read'] };
    const made = await world.post(`/orgs/${world.org}/oauth-apps`, wish).expect(201);
    const config = await world.configured(made.body);
    const { access_token: token } = await client.clientCredentialsGrant(config);
    expect(await world.status(token)).toBe(200);
    expect((await world.post('/runs', { code: 'print(1)', type: 'cpu' }, token)).status).toBe(403);
    expect(await world.status(token, '/me')).toBe(403);
    await expect(client.clientCredentialsGrant(config, { scope: 'org:delete' })).rejects.toMatchObject({ error: 'invalid_scope' });
    await client.tokenRevocation(config, token);
    await ends(token);
    const again = await client.clientCredentialsGrant(config, { scope: 'runs:read' });
    expect(await world.status(again.access_token)).toBe(200);
    await world.delete(`/orgs/${world.org}/oauth-apps/${made.body.id}`).expect(200);
    await ends(again.access_token);
  });

  it('on a device without a browser waits until somebody types its code', async () => {
    const config = await client.discovery(new URL(world.system.url), '00000000-0000-7000-8000-0000000000c1', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access runs:read' });
    const polling = client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 1 });
    const browser = world.browser();
    const typed = await browser.send(await browser.open(begun.verification_uri), { user_code: begun.user_code });
    expect(typed.text).toContain(begun.user_code);
    const consent = await world.logIn(browser, await browser.send(typed, {}));
    expect(consent.text).toContain('Orrery command line wants to act for you');
    expect((await browser.send(consent, { step: 'allow' })).text).toContain('Connected');
    const tokens = await polling;
    expect(await world.status(tokens.access_token, '/me')).toBe(200);
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });

  it('on a command line is logged in with a browser, and keeps its token to itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orrery-login-'));
    const file = join(folder, 'kept', 'token.json');
    let said = '';
    const writing = { write: (text: string) => (said += text) };
    const env = { ORRERY_URL: world.system.url, ORRERY_TOKEN_FILE: file };
    const exit = main({ argv: ['login'], env, input: Readable.from([]), out: writing, err: writing });
    const [, address = '', code = ''] = await eventually(() => /Open (\S+) and type (\S+)/.exec(said) ?? undefined);
    const browser = world.browser();
    const confirm = await browser.send(await browser.open(address), { user_code: code });
    await browser.send(await world.logIn(browser, await browser.send(confirm, {})), { step: 'allow' });
    expect([await exit, said]).toEqual([0, expect.stringContaining('Logged in')]);
    const { access_token: token } = JSON.parse(await readFile(file, 'utf8'));
    expect(await world.status(token)).toBe(200);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});
