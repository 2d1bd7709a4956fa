import { createPublicKey } from 'node:crypto';
import { eventually } from '@orrery/testing';
import { createDecoder, createVerifier } from 'fast-jwt';
import request from 'supertest';
import { poster } from './fixtures/poster.ts';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const lyceum = '/api/v2/external';

describe('A person', () => {
  let system: System;
  const email = 'grace@example.com';
  const password = 'a long enough one';
  const other = 'another long enough one';
  let org: string;

  beforeAll(async () => {
    system = await startSystem();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const post = poster(() => system.url);
  const get = (path: string, bearer: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' });
  const remove = (path: string, bearer: string) => request(system.url).delete(path).auth(bearer, { type: 'bearer' });
  const logIn = async (word: string) => (await post('/sessions', { email, password: word })).body;
  const letter = (subject: string): Promise<string> =>
    eventually(async () => {
      const { body } = await request(system.url).get(`/dev/outbox?to=${email}`);
      return body.items.find((each: { subject: string }) => each.subject === subject)?.text;
    });
  const tokenIn = (text: string): string => /\n\n([\w.-]{60,})\n\n/.exec(text)?.[1] ?? '';
  const shutOut = (bearer: string) => eventually(async () => expect((await get(`${own}/me`, bearer)).status).toBe(401), { within: 1_000 });

  it('signs up, and shows by a letter that the address is theirs', async () => {
    const signedUp = await post('/users', { email, password, name: 'Grace' });
    expect(signedUp.status).toBe(201);
    org = signedUp.body.orgSlug;
    const { accessToken } = await logIn(password);
    expect((await get(`${own}/me`, accessToken)).body).toMatchObject({ email, emailVerified: false });
    const token = tokenIn(await letter('Confirm your e-mail address'));
    expect((await post('/users/verify-email', { token })).status).toBe(200);
    expect((await get(`${own}/me`, accessToken)).body).toMatchObject({ emailVerified: true });
    const again = await post('/users/verify-email', { token });
    expect([again.status, again.body.code, again.body.detail]).toEqual([400, 'BadTicket', expect.stringMatching(/ask for another letter/)]);
  });

  it('has a token that anybody can verify', async () => {
    const { accessToken, userId } = await logIn(password);
    const { body } = await request(system.url).get('/.well-known/jwks.json').expect(200);
    const { kid } = createDecoder({ complete: true })(accessToken).header;
    const jwk = body.keys.find((each: { kid: string }) => each.kid === kid);
    const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
    expect(createVerifier({ key, algorithms: ['EdDSA'] })(accessToken)).toMatchObject({ sub: userId, iss: 'orrery', aud: 'orrery' });
  });

  it('sees where they are logged in, and is logged out within a second where they end it', async () => {
    const [here, there] = [await logIn(password), await logIn(password)];
    const { body } = await get(`${own}/sessions`, here.accessToken);
    const current = body.items.find((each: { isCurrent: boolean }) => each.isCurrent);
    expect(current).toMatchObject({ method: 'password', ip: '127.0.0.1' });
    const [{ id }] = body.items.filter((each: { isCurrent: boolean }) => !each.isCurrent);
    expect((await remove(`${own}/sessions/${id}`, here.accessToken)).status).toBe(200);
    await shutOut(there.accessToken);
    expect((await post('/sessions/logout-everywhere', {}, here.accessToken)).body).toEqual({ revoked: expect.any(Number) });
    await shutOut(here.accessToken);
  });

  it('chooses a new password by a letter, and every session of before is over', async () => {
    const { accessToken, refreshToken } = await logIn(password);
    expect((await post('/users/reset-letters', { email })).body).toEqual({});
    expect((await post('/users/reset-letters', { email: 'nobody@example.com' })).body).toEqual({});
    const token = tokenIn(await letter('Choose a new password'));
    expect((await post('/users/reset-password', { token, newPassword: other })).status).toBe(200);
    await shutOut(accessToken);
    expect((await post('/sessions/refresh', { refreshToken })).status).toBe(401);
    expect((await post('/sessions', { email, password })).status).toBe(401);
  });

  it('changes the password, and stays where they did it', async () => {
    const [here, there] = [await logIn(other), await logIn(other)];
    const wrong = await post('/me/password', { currentPassword: 'wrong', newPassword: password }, here.accessToken);
    expect([wrong.status, wrong.body.code]).toEqual([400, 'WrongPassword']);
    expect((await post('/me/password', { currentPassword: other, newPassword: password }, here.accessToken)).status).toBe(200);
    await shutOut(there.accessToken);
    expect((await get(`${own}/me`, here.accessToken)).status).toBe(200);
  });

  it('is told to come again by whoever lets nobody guess, with a header that says when', async () => {
    const guess = () => post('/sessions', { email: 'guessed@example.com', password: 'wrong' });
    const answers = [];
    for (let n = 0; n < 8; n += 1) answers.push(await guess());
    const last = answers.at(-1);
    expect([last?.status, last?.body.code, last?.headers['retry-after']]).toEqual([429, 'TooManyTries', expect.stringMatching(/^\d+$/)]);
  });

  it('is gone when they say so, with all that was theirs', async () => {
    const { accessToken } = await logIn(password);
    const key = (
      await request(system.url).post(`${lyceum}/orgs/${org}/api-keys`).auth(accessToken, { type: 'bearer' }).send({ name: 'laptop' })
    ).body.plaintext_key;
    expect((await get(`${lyceum}/machine-types`, key)).status).toBe(200);
    const gone = await remove(`${lyceum}/user/delete`, accessToken);
    expect([gone.status, gone.body]).toEqual([200, { message: 'Account deleted' }]);
    await shutOut(accessToken);
    await eventually(async () => expect((await get(`${lyceum}/machine-types`, key)).status).toBe(401), { within: 2_000 });
    expect((await post('/sessions', { email, password })).status).toBe(401);
    expect(await letter('Your account was deleted')).toMatch(/cannot be undone/);
    expect((await post('/users', { email, password })).status).toBe(201);
  });
});
