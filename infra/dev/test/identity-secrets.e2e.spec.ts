import { randomBytes, randomUUID } from 'node:crypto';
import { codeOf, eventually, stepNow } from '@orrery/testing';
import request from 'supertest';
import { rowsHolding, spillsIn } from './fixtures/spilled.ts';
import { startWatched, type Watched } from './fixtures/watched.ts';

let watched: Watched;
let platform: Watched['platform'];
let listener: Watched['listener'];

beforeAll(async () => {
  watched = await startWatched();
  ({ platform, listener } = watched);
}, 120_000);
afterAll(() => watched?.stop(), 60_000);

const own = '/orrery/v1';

/** Everything that was secret, by what it was. */
class Secrets {
  readonly all = new Map<string, string>();

  keep<T extends string>(name: string, secret: T): T {
    if (secret.length < 8) throw new TypeError(`${name} is too short to be looked for: ${secret}`);
    this.all.set(name, secret);
    return secret;
  }

  password(name: string): string {
    return this.keep(name, randomBytes(18).toString('base64url'));
  }

  /** Of a token also its parts: what is signed may be told, what signs never. */
  tokens(name: string, { accessToken, refreshToken }: { accessToken: string; refreshToken: string }): string {
    this.keep(`refresh token of ${name}`, refreshToken);
    this.keep(`signature of the token of ${name}`, accessToken.split('.')[2] ?? '');
    return this.keep(`access token of ${name}`, accessToken);
  }
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

describe('identity, asked for everything that there is to ask', () => {
  const secrets = new Secrets();
  const email = (): string => `${randomUUID()}@example.com`;

  const call = async (verb: Verb, path: string, body?: object, token?: string) => {
    const asked = request(platform.url)
      [verb](`${own}${path}`)
      .set(token === undefined ? {} : { authorization: `Bearer ${token}` });
    const { status, body: told } = await (body ? asked.send(body) : asked);
    if (status >= 300) throw new Error(`${verb} ${path}: ${status} ${JSON.stringify(told)}`);
    return told;
  };
  const refused = async (verb: Verb, path: string, body: object, token?: string) => {
    const asked = request(platform.url)
      [verb](`${own}${path}`)
      .set(token === undefined ? {} : { authorization: `Bearer ${token}` });
    const { status, text } = await asked.send(body);
    expect(status).toBeGreaterThanOrEqual(400);
    return text;
  };
  /** The token in the newest letter to somebody with this subject. */
  const letter = (to: string, subject: RegExp): Promise<string> =>
    eventually(
      async () => {
        const { body } = await request(platform.url).get('/dev/outbox').query({ to });
        const found = body.items.find((each: { subject: string }) => subject.test(each.subject));
        return /\n\n([\w.-]{60,})\n\n/.exec(found?.text ?? '')?.[1];
      },
      { within: 20_000 },
    );
  const logIn = async (name: string, credentials: { email: string; password: string }) =>
    secrets.tokens(name, await call('post', '/sessions', { email: credentials.email, password: credentials.password }));

  const person = async (name: string) => {
    const credentials = { email: email(), password: secrets.password(`password of ${name}`) };
    const { orgSlug, userId } = await call('post', '/users', credentials);
    await call('post', '/users/verify-email', {
      token: secrets.keep(`verification of ${name}`, await letter(credentials.email, /^Confirm/)),
    });
    return { ...credentials, orgSlug, userId, token: await logIn(name, credentials) };
  };

  const changePasswords = async () => {
    const ada = await person('ada');
    const second = secrets.password('second password of ada');
    await call('post', '/me/password', { currentPassword: ada.password, newPassword: second }, ada.token);
    await call('post', '/users/reset-letters', { email: ada.email });
    const third = secrets.password('third password of ada');
    const reset = secrets.keep('reset of ada', await letter(ada.email, /password/));
    await call('post', '/users/reset-password', { token: reset, newPassword: third });
    await refused('post', '/sessions', { email: ada.email, password: secrets.password('wrong password') });
    await refused('post', '/sessions', { email: ada.email, password: { deep: secrets.password('password that is no text') } });
    await refused('post', '/users/reset-password', { token: `${reset}x`, newPassword: secrets.password('password for a bad token') });
    const again = await call('post', '/sessions', { email: ada.email, password: third });
    secrets.tokens('ada again', again);
    const next = await call('post', '/sessions/refresh', { refreshToken: again.refreshToken });
    const token = secrets.tokens('ada refreshed', next);
    await refused('post', '/sessions/refresh', { refreshToken: again.refreshToken });
    return { ...ada, password: third, token: await logIn('ada at last', { email: ada.email, password: third }), former: token };
  };

  const useKeys = async ({ orgSlug, token }: { orgSlug: string; token: string }) => {
    const made = await call('post', `/orgs/${orgSlug}/api-keys`, { name: 'one' }, token);
    const key = secrets.keep('key of an organization', made.key);
    await eventually(async () => (await request(platform.url).get(`${own}/orgs`).auth(key, { type: 'bearer' })).status === 200);
    secrets.keep('rotated key', (await call('post', `/orgs/${orgSlug}/api-keys/${made.id}/rotate`, {}, token)).key);
    await call('post', '/api-keys/validate', { key }).catch(() => undefined);
    const mine = await call('post', '/me/api-keys', { name: 'mine' }, token);
    secrets.keep('key of a person', mine.key);
    secrets.keep('rotated key of a person', (await call('post', `/me/api-keys/${mine.id}/rotate`, {}, token)).key);
    await call('delete', `/orgs/${orgSlug}/api-keys/${made.id}`, undefined, token);
    await refused('get', `/orgs/${orgSlug}/members?limit=0`, {}, key);
  };

  const invite = async ({ orgSlug, token }: { orgSlug: string; token: string }) => {
    const bob = await person('bob');
    const { token: shown } = await call('post', `/orgs/${orgSlug}/invites`, { email: bob.email }, token);
    secrets.keep('shown invite', shown);
    const mailed = secrets.keep('mailed invite', await letter(bob.email, /invite|join/i));
    await call('get', `/invites/${mailed}`, undefined, bob.token);
    await call('post', `/invites/${shown}/accept`, {}, bob.token);
    const stranger = await call('post', `/orgs/${orgSlug}/invites`, { email: email() }, token);
    secrets.keep('invite for nobody', stranger.token);
    await refused('post', `/invites/${stranger.token}/accept`, {}, bob.token);
  };

  const useSecondFactors = async (ada: { token: string; email: string; password: string }) => {
    const offer = await call('post', '/me/mfa/authenticator', {}, ada.token);
    const secret = secrets.keep('secret of an authenticator', offer.secret);
    const codes: string[] = offer.backupCodes;
    for (const [index, code] of codes.entries()) secrets.keep(`backup code ${index}`, code);
    await call('post', '/me/mfa/authenticator/confirm', { code: codeOf(secret, stepNow()) }, ada.token);
    const pending = await logIn('ada who owes', ada);
    await refused('post', '/sessions/current/second-factor', { proof: { code: secrets.keep('wrong backup code', 'ZZ0ZZ1ZZ') } }, pending);
    await call('post', '/sessions/current/second-factor', { proof: { code: codes[0] } }, pending);
    const renewed = await call('post', '/me/mfa/backup-codes', { proof: { code: codes[1] } }, ada.token);
    for (const [index, code] of renewed.backupCodes.entries()) secrets.keep(`new backup code ${index}`, code);
    await call('post', '/me/mfa/disable', { proof: { code: renewed.backupCodes[0] } }, ada.token);
  };

  const tokenFor = (id: string, secret: string) =>
    request(platform.url).post('/oauth/token').type('form').auth(id, secret).send({ grant_type: 'client_credentials' });

  const useApplications = async ({ orgSlug, token }: { orgSlug: string; token: string }) => {
    const path = `/orgs/${orgSlug}/oauth-apps`;
    const app = await call('post', path, { name: 'ci', kind: 'service', scopes: ['runs:read'] }, token);
    secrets.keep('secret of an application', app.secret);
    const reset = await call('post', `${path}/${app.id}/reset-secret`, {}, token);
    secrets.keep('second secret of an application', reset.secret);
    const acting = await eventually(async () => {
      const { status, body } = await tokenFor(app.id, reset.secret);
      expect(status).toBe(200);
      return secrets.keep('access token of an application', String(body.access_token));
    });
    await call('get', '/runs', undefined, acting);
    expect((await tokenFor(app.id, secrets.password('wrong secret of an application'))).status).toBe(401);
  };

  it('leaves none of its secrets in rows, files, streams, logs, traces or metrics', async () => {
    const ada = await changePasswords();
    await useKeys(ada);
    await invite(ada);
    await useSecondFactors(ada);
    await useApplications(ada);
    const cookie = await request(platform.url).post('/api/user/login').send({ email: ada.email, password: ada.password });
    secrets.keep('session cookie', /session=([^;]+)/.exec(cookie.headers['set-cookie']?.[0] ?? '')?.[1] ?? '');
    const bad = { email: ada.email, password: secrets.password('password beside a bad field'), colour: 'red' };
    expect(await refused('post', '/sessions', bad)).not.toContain(bad.password);

    await eventually(() => expect(listener.has(ada.userId)).toBe(true), { within: 20_000 });
    const trail = await call('get', `/orgs/${ada.orgSlug}/audit?limit=500`, undefined, ada.token);
    const actions = trail.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['password.changed', 'sign_in.failed', 'api_key.rotated', 'member.joined', 'mfa.enabled']),
    );

    // What is looked for would be found: an id that is everywhere, by the same eyes.
    const known = new Map([['the id of ada', ada.userId]]);
    const places = spillsIn(platform.directories, known).join('\n');
    for (const place of [/programs\/all\.log$/m, /postgres\/data\//, /LOG_IDENTITY\/msgs\//]) expect(places).toMatch(place);
    expect((await rowsHolding(platform.postgresUrl, known)).length).toBeGreaterThan(3);

    expect(secrets.all.size).toBeGreaterThan(40);
    expect(spillsIn(platform.directories, secrets.all)).toEqual([]);
    expect(await rowsHolding(platform.postgresUrl, secrets.all)).toEqual([]);
    for (const [name, secret] of secrets.all) {
      expect([name, listener.has(secret)]).toEqual([name, false]);
      expect([name, JSON.stringify(trail).includes(secret)]).toEqual([name, false]);
    }
  }, 300_000);
});
