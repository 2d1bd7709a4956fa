import { pbkdf2Sync, randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { identity, UserId } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, asService, contextOf, eventually, granted, nobody } from '@orrery/testing';
import { password, Rig, somewhere } from './fixtures/rig.ts';

const other = 'another long password';
const verify = 'Confirm your e-mail address';
const reset = 'Choose a new password';

describe('an account', () => {
  let rig: Rig;
  let told: SnapshotWatcher<typeof identity.Snapshots.sessions.value>;

  beforeAll(async () => {
    rig = await Rig.start();
    told = await rig.watch(identity.Snapshots.sessions);
  }, 60_000);
  afterAll(() => rig?.stop(), 30_000);

  const refusal = (code: string) => ({ accepted: false, rejection: { code } });
  const me = async (context: ReturnType<typeof contextOf>) => granted(await rig.ask(identity.GetMe, {}, context));
  const canLogIn = async (email: string, word: string): Promise<boolean> =>
    (await rig.ask(identity.LogIn, { email, password: word })).accepted;
  const isEnded = (sessionId: string) =>
    eventually(() => expect(told.get(sessionId)).toMatchObject({ state: 'revoked' }), { within: 2_000 });

  describe('and its address', () => {
    it('is verified by the token that was sent there, once', async () => {
      const { email, owner } = await rig.newcomer();
      expect(await me(owner)).toMatchObject({ email, emailVerified: false, isActive: true });
      const token = await rig.token(email, verify);
      granted(await rig.ask(identity.VerifyEmail, { token }));
      expect(await me(owner)).toMatchObject({ emailVerified: true });
      expect(await rig.ask(identity.VerifyEmail, { token })).toMatchObject(refusal('BadTicket'));
    });

    it('is verified by the last letter alone', async () => {
      const { email, owner } = await rig.newcomer();
      const first = await rig.token(email, verify);
      granted(await rig.ask(identity.RequestEmailVerification, { email }));
      const second = await rig.token(email, verify, 2);
      expect(second).not.toBe(first);
      expect(await rig.ask(identity.VerifyEmail, { token: first })).toMatchObject(refusal('BadTicket'));
      granted(await rig.ask(identity.VerifyEmail, { token: second }));
      expect(await me(owner)).toMatchObject({ emailVerified: true });
    });

    it('gets no letters that it needs not, and not as many as somebody likes', async () => {
      const { email } = await rig.newcomer();
      granted(await rig.ask(identity.VerifyEmail, { token: await rig.token(email, verify) }));
      granted(await rig.ask(identity.RequestEmailVerification, { email }));
      await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE kind <> 'letter'")).rowCount === 0);
      expect(await rig.letters(email)).toHaveLength(1);
      const outcomes = [];
      for (let n = 0; n < 6; n += 1) outcomes.push(await rig.ask(identity.RequestPasswordReset, { email }));
      expect(outcomes.at(-1)).toMatchObject(refusal('TooManyTries'));
    });

    it('tells nobody whether it is known', async () => {
      const { email } = await rig.newcomer();
      for (const operation of [identity.RequestPasswordReset, identity.RequestEmailVerification]) {
        expect(await rig.ask(operation, { email })).toEqual(await rig.ask(operation, { email: `${randomUUID()}@example.com` }));
      }
      await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE kind <> 'letter'")).rowCount === 0);
    });

    it.each([
      ['in full width', 'ａｄａ.ｘ@ｅｘａｍｐｌｅ.ｃｏｍ', 'ada.x@example.com'],
      ['in capitals', 'Ada.X@Example.COM', 'ada.x@example.com'],
    ])('written %s is the same', async (_, written, plain) => {
      expect(identity.SignUp.input.parse({ email: written, password }).email).toBe(plain);
    });

    it.each([
      ['with a Cyrillic letter', 'аda@example.com'],
      ['with a dotless i', 'adrıan@example.com'],
      ['with a Greek letter', 'adα@example.com'],
      ['with something invisible', 'ada\u200b@example.com'],
      ['with a line of its own', 'ada@example.com\nbcc: eve@example.com'],
    ])('%s is none', async (_, email) => {
      expect(await rig.ask(identity.SignUp, { email, password })).toMatchObject(refusal('InvalidInput'));
    });
  });

  describe('and its password', () => {
    it('changes for whoever knows it, and all other sessions end', async () => {
      const { email } = await rig.newcomer();
      const [here, there] = [await rig.logIn(email), await rig.logIn(email)];
      granted(await rig.ask(identity.ChangePassword, { currentPassword: password, newPassword: other }, here.as()));
      await isEnded(there.sessionId);
      expect(told.get(here.sessionId)).toBeUndefined();
      expect([await canLogIn(email, password), await canLogIn(email, other)]).toEqual([false, true]);
      expect((await rig.ask(identity.RefreshSession, { refreshToken: there.refreshToken })).accepted).toBe(false);
      expect((await rig.ask(identity.RefreshSession, { refreshToken: here.refreshToken })).accepted).toBe(true);
      expect((await rig.letters(email, 2)).map(({ subject }) => subject)).toContain('Your password was changed');
    });

    it('does not change for whoever guesses', async () => {
      const { email } = await rig.newcomer();
      const { as } = await rig.logIn(email);
      const guess = () => rig.ask(identity.ChangePassword, { currentPassword: 'wrong', newPassword: other }, as());
      expect(await guess()).toMatchObject(refusal('WrongPassword'));
      const outcomes = await Promise.all(Array.from({ length: 12 }, guess));
      expect(outcomes).toContainEqual(expect.objectContaining({ rejection: expect.objectContaining({ code: 'TooManyTries' }) }));
      expect(await canLogIn(email, password)).toBe(true);
    });

    it('is chosen anew with the token that was sent, once, and every session ends', async () => {
      const { email, owner } = await rig.newcomer();
      const { sessionId } = await rig.logIn(email);
      granted(await rig.ask(identity.RequestPasswordReset, { email }));
      const token = await rig.token(email, reset);
      granted(await rig.ask(identity.ResetPassword, { token, newPassword: other }));
      await isEnded(sessionId);
      expect([await canLogIn(email, password), await canLogIn(email, other)]).toEqual([false, true]);
      expect(await rig.ask(identity.ResetPassword, { token, newPassword: password })).toMatchObject(refusal('BadTicket'));
      // Whoever opened the letter has the address.
      expect(await me(owner)).toMatchObject({ emailVerified: true });
    });

    it('is chosen once, however many use the token at a time', async () => {
      const { email } = await rig.newcomer();
      granted(await rig.ask(identity.RequestPasswordReset, { email }));
      const token = await rig.token(email, reset);
      const words = Array.from({ length: 8 }, (_, n) => `${other} ${n}`);
      const outcomes = await Promise.all(words.map((newPassword) => rig.ask(identity.ResetPassword, { token, newPassword })));
      expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1);
      const chosen = words[outcomes.findIndex(({ accepted }) => accepted)] ?? '';
      expect(await canLogIn(email, chosen)).toBe(true);
      // As many as may be tried before guessing grows slow.
      for (const word of words.filter((each) => each !== chosen).slice(0, 3)) expect(await canLogIn(email, word)).toBe(false);
      expect(await canLogIn(email, chosen)).toBe(true);
    });

    it('lets no session live that was opened with the old one meanwhile', async () => {
      const { email } = await rig.newcomer();
      granted(await rig.ask(identity.RequestPasswordReset, { email }));
      const token = await rig.token(email, reset);
      const [changed, ...logIns] = await Promise.all([
        rig.ask(identity.ResetPassword, { token, newPassword: other }),
        ...Array.from({ length: 5 }, () => rig.ask(identity.LogIn, { email, password })),
      ]);
      expect(changed.accepted).toBe(true);
      for (const logIn of logIns) {
        if (logIn.accepted)
          await eventually(async () => !(await rig.ask(identity.RefreshSession, { refreshToken: logIn.value.refreshToken })).accepted);
      }
    });

    it.each<[string, () => Promise<string>]>([
      ['weakly', () => hash(password, { memoryCost: 4_096, timeCost: 3, parallelism: 1 })],
      [
        'by LMStack',
        async () => {
          const salt = 'b2'.repeat(16);
          return `${salt}$${pbkdf2Sync(password, salt, 100_000, 32, 'sha256').toString('hex')}`;
        },
      ],
    ])('that was kept %s elsewhere is kept better from the first log-in on', async (_, make) => {
      const email = `${randomUUID()}@example.com`;
      const passwordHash = await make();
      const imported = granted(await rig.ask(identity.ImportUser, { email, passwordHash, emailVerified: true }, contextOf(asOperator)));
      const kept = async () =>
        (await rig.pool.query('SELECT password_hash FROM users WHERE id = $1', [imported.userId])).rows[0].password_hash;
      expect([await canLogIn(email, 'wrong'), await kept()]).toEqual([false, passwordHash]);
      const { as } = await rig.logIn(email);
      expect(await kept()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(await canLogIn(email, password)).toBe(true);
      expect(await me(as())).toMatchObject({ emailVerified: true });
    });

    it('that is kept in a way nobody knows is not taken over', async () => {
      const asked = { email: `${randomUUID()}@example.com`, passwordHash: '$2b$12$abcdefghijklmnopqrstuv' };
      const outcome = await rig.ask(identity.ImportUser, asked, contextOf(asOperator));
      expect(outcome).toMatchObject(refusal('UnknownPasswordHash'));
      const wrong = { path: ['passwordHash'], mend: expect.stringContaining('Argon2') };
      expect(outcome).toMatchObject({ rejection: { details: { issues: [wrong] } } });
    });
  });

  describe('that is closed', () => {
    it('opens nothing, until the operator opens it again', async () => {
      const { email, userId } = await rig.newcomer();
      const { sessionId, refreshToken, as } = await rig.logIn(email);
      granted(await rig.ask(identity.DeactivateMe, {}, as()));
      await isEnded(sessionId);
      expect((await rig.ask(identity.RefreshSession, { refreshToken })).accepted).toBe(false);
      expect(await rig.ask(identity.LogIn, { email, password })).toMatchObject(refusal('UserDeactivated'));
      // Whoever does not know the password learns nothing of it.
      expect(await rig.ask(identity.LogIn, { email, password: 'wrong' })).toMatchObject(refusal('BadCredentials'));
      const id = UserId.parse(userId);
      granted(await rig.ask(identity.ReactivateUser, { userId: id }, contextOf(asOperator)));
      expect(await canLogIn(email, password)).toBe(true);
      granted(await rig.ask(identity.DeactivateUser, { userId: id }, contextOf(asOperator)));
      expect(await canLogIn(email, password)).toBe(false);
    });

    it('gets no letters to choose a password with', async () => {
      const { email, userId } = await rig.newcomer();
      granted(await rig.ask(identity.DeactivateUser, { userId: UserId.parse(userId) }, contextOf(asOperator)));
      const before = (await rig.letters(email, 2)).length;
      granted(await rig.ask(identity.RequestPasswordReset, { email }));
      await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE kind <> 'letter'")).rowCount === 0);
      expect(await rig.letters(email)).toHaveLength(before);
    });

    it('is closed by nobody else', async () => {
      const { userId } = await rig.newcomer();
      const stranger = await rig.newcomer();
      expect(await rig.ask(identity.DeactivateUser, { userId: UserId.parse(userId) }, stranger.owner)).toMatchObject(refusal('Forbidden'));
      expect(await rig.ask(identity.DeactivateUser, { userId: UserId.parse(randomUUID()) }, contextOf(asOperator))).toMatchObject(
        refusal('UserNotFound'),
      );
    });
  });

  it('gives its person another name', async () => {
    const { owner } = await rig.newcomer();
    expect(granted(await rig.ask(identity.UpdateMe, { name: 'Countess' }, owner))).toMatchObject({ name: 'Countess' });
    expect(await me(owner)).toMatchObject({ name: 'Countess' });
  });

  it('is asked for secrets by nobody who has none', async () => {
    for (const token of ['', 'x', `${randomUUID()}.${'A'.repeat(32)}.${'A'.repeat(22)}`]) {
      expect(await rig.ask(identity.VerifyEmail, { token })).toMatchObject(refusal('BadTicket'));
      expect(await rig.ask(identity.ResetPassword, { token, newPassword: other })).toMatchObject(refusal('BadTicket'));
    }
  });

  it('keeps no address, token or word of a letter in the clear', async () => {
    const { email } = await rig.newcomer();
    const token = await rig.token(email, verify);
    const { rows } = await rig.pool.query('SELECT l::text AS row FROM letters l UNION ALL SELECT data::text FROM events');
    for (const { row } of rows)
      expect([row.includes(email), row.includes(token), row.includes('Somebody signed up')]).toEqual([false, false, false]);
  });

  describe('where addresses must be verified', () => {
    beforeAll(() => rig.restart({ ORRERY_EMAIL_VERIFICATION: 'required' }), 60_000);

    it('opens nothing before', async () => {
      const { email } = await rig.newcomer();
      expect(await rig.ask(identity.LogIn, { email, password })).toMatchObject(refusal('EmailNotVerified'));
      expect(await rig.ask(identity.LogIn, { email, password: 'wrong' })).toMatchObject(refusal('BadCredentials'));
      granted(await rig.ask(identity.VerifyEmail, { token: await rig.token(email, verify) }));
      expect(await canLogIn(email, password)).toBe(true);
    });

    it('tells whoever signs up with it again nothing but by e-mail', async () => {
      const { email, userId } = await rig.newcomer();
      const again = granted(await rig.ask(identity.SignUp, { email, password: other }, contextOf(nobody, { origin: somewhere() })));
      expect(again).toEqual({ userId: expect.any(String), orgId: expect.any(String), orgSlug: expect.any(String) });
      expect(again.userId).not.toBe(userId);
      const letters = await rig.letters(email, 2);
      expect(letters.map(({ subject }) => subject)).toContain('You have an account already');
      expect(await canLogIn(email, other)).toBe(false);
    });
  });

  describe('where nobody develops', () => {
    beforeAll(() => rig.restart({ ORRERY_DEVELOPMENT: '' }), 60_000);

    it('has its letters read by nobody', async () => {
      expect(await rig.ask(identity.ReadOutbox, {}, contextOf(asService))).toMatchObject(refusal('OutboxClosed'));
      const { email } = await rig.newcomer();
      expect(await canLogIn(email, password)).toBe(true);
      await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE state = 'waiting'")).rowCount === 0);
      const { rows } = await rig.pool.query('SELECT sealed FROM letters ORDER BY created_at DESC LIMIT 1');
      expect(rows).toEqual([{ sealed: null }]);
    });
  });
});
