import { randomBytes } from 'node:crypto';
import { codeOf, eventually } from '@orrery/testing';
import request from 'supertest';
import { type Browser, openBrowser } from './fixtures/browser.ts';
import { type System, startSystem } from './fixtures/system.ts';

const lyceum = '/api/v2/external';
const own = '/orrery/v1';
const stepMs = 30_000;

describe('A second factor', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const as = (bearer: string) => ({
    get: (path: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' }),
    post: (path: string, body: object = {}) => request(system.url).post(path).auth(bearer, { type: 'bearer' }).send(body),
  });
  const person = async () => {
    const credentials = { email: `${randomBytes(6).toString('hex')}@example.com`, password: randomBytes(12).toString('base64url') };
    await request(system.url).post(`${own}/users`).send(credentials).expect(201);
    const logIn = async () => (await request(system.url).post(`${lyceum}/auth/login`).send(credentials).expect(200)).body;
    return { ...credentials, logIn };
  };

  it('is set up, owed and shown through the published API', async () => {
    const { logIn } = await person();
    const first = await logIn();
    expect(first).not.toHaveProperty('mfa_required');
    const here = as(first.access_token);
    expect((await here.get(`${lyceum}/mfa/status`).expect(200)).body).toEqual({ enabled: false, enrolled_at: null });
    const { body: offer } = await here.post(`${lyceum}/mfa/enroll`).expect(200);
    expect(offer).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      qr_code: expect.stringMatching(/^data:image\/svg\+xml;base64,/),
      qr_code_url: offer.qr_code,
      backup_codes: expect.arrayContaining([expect.stringMatching(/^[0-9A-Z]{8}$/)]),
    });
    const wrong = await here.post(`${lyceum}/mfa/verify-enrollment`, { code: '12345' });
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['body', 'code']]);
    const step = Math.floor((Date.now() + 3_000) / stepMs);
    const confirmed = await here.post(`${lyceum}/mfa/verify-enrollment`, { code: codeOf(offer.secret, step) });
    expect([confirmed.status, confirmed.body]).toEqual([200, { success: true, message: expect.any(String) }]);
    expect((await here.get(`${lyceum}/mfa/status`)).body).toEqual({ enabled: true, enrolled_at: expect.any(String) });

    const pending = await logIn();
    expect(pending.mfa_required).toBe(true);
    const there = as(pending.access_token);
    const early = await there.get(`${lyceum}/orgs`);
    expect([early.status, early.body]).toEqual([403, { detail: expect.stringContaining('second factor') }]);
    const replayed = await there.post(`${lyceum}/mfa/verify`, { code: codeOf(offer.secret, step) });
    expect([replayed.status, replayed.body]).toEqual([400, { detail: expect.any(String) }]);
    const verified = await there.post(`${lyceum}/mfa/verify`, { code: offer.backup_codes[0] });
    expect([verified.status, verified.body]).toEqual([200, { success: true, message: expect.any(String), remaining_backup_codes: 9 }]);
    await eventually(async () => (await there.get(`${lyceum}/orgs`)).status === 200, { within: 1_000 });

    const renewed = await there.post(`${lyceum}/mfa/regenerate-backup-codes`, { code: offer.backup_codes[1] }).expect(200);
    expect(renewed.body.backup_codes).toHaveLength(10);
    const dead = await there.post(`${lyceum}/mfa/disable`, { code: offer.backup_codes[2] });
    expect(dead.status).toBe(400);
    await there.post(`${lyceum}/mfa/disable`, { code: renewed.body.backup_codes[0] }).expect(200);
    expect(await logIn()).not.toHaveProperty('mfa_required');
  }, 60_000);

  describe('in a real browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      // The public URL names an address; browsers know passkeys by names alone.
      browser = await openBrowser(`${system.url.replace('127.0.0.1', 'localhost')}/health`);
    }, 60_000);
    afterAll(() => browser?.close());

    it('is a passkey that is made, shown after a password, and logs in alone', async () => {
      const { email, logIn } = await person();
      const here = as((await logIn()).access_token);
      const { body: creation } = await here.post(`${own}/me/passkeys/begin`).expect(200);
      const added = await here.post(`${own}/me/passkeys`, { name: 'laptop', passkey: await browser.create(creation) });
      expect([added.status, added.body]).toMatchObject([201, { name: 'laptop', backupCodes: expect.any(Array) }]);

      const pending = await logIn();
      expect(pending.mfa_required).toBe(true);
      const there = as(pending.access_token);
      const { body: challenge } = await there.post(`${own}/sessions/current/passkey-challenge`).expect(200);
      await there.post(`${own}/sessions/current/second-factor`, { proof: { passkey: await browser.get(challenge) } }).expect(200);
      await eventually(async () => (await there.get(`${own}/me`)).status === 200, { within: 1_000 });

      const { body: begun } = await request(system.url).post(`${own}/sessions/passkey/begin`).send({}).expect(200);
      const passkey = await browser.get(begun.options);
      const loggedIn = await request(system.url).post(`${own}/sessions/passkey`).send({ ticket: begun.ticket, passkey });
      expect([loggedIn.status, loggedIn.body]).toMatchObject([200, { email, secondFactorNeeded: false }]);
      expect((await as(loggedIn.body.accessToken).get(`${own}/me`)).status).toBe(200);
      const again = await request(system.url).post(`${own}/sessions/passkey`).send({ ticket: begun.ticket, passkey });
      expect([again.status, again.body.code]).toEqual([401, 'PasskeyRefused']);
    }, 60_000);
  });
});
