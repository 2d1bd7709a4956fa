import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { asOperator, contextOf, eventually, granted } from '@orrery/testing';
import { codeAt } from '../../src/application/mfa/totp.ts';
import { stepAt } from '../../src/domain/mfa/time-steps.ts';
import { AuthenticatorApp } from './authenticator-app.ts';
import { codeOf, IdentityWorld, type Visit } from './identity-world.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await IdentityWorld.start();
}, 60_000);
afterAll(() => world?.stop(), 30_000);

const show = (visit: Visit, code: string) => visit.ask(identity.ShowSecondFactor, { proof: { code } });
const stateOf = (visit: Visit) => world.sessions.get(visit.sessionId)?.state;

describe('an authenticator app', () => {
  it('counts from its first code on, and then a password alone opens nothing', async () => {
    const person = await world.person();
    const here = person.visit(await person.logIn());
    expect(await here.get(identity.GetMfa, {})).toMatchObject({ isEnabled: false, hasAuthenticator: false, backupCodesLeft: 0 });
    const offered = await here.get(identity.EnrollAuthenticator, {});
    expect(offered.otpauthUrl).toContain(encodeURIComponent(person.email));
    expect(offered.backupCodes).toHaveLength(10);
    expect((await person.logIn()).secondFactorNeeded).toBe(false);

    const { here: session } = await world.personWithApp();
    expect(await session.get(identity.GetMfa, {})).toMatchObject({ isEnabled: true, hasAuthenticator: true, backupCodesLeft: 10 });
  });

  it('completes the log-in that owes a second factor, and no other', async () => {
    const { logIn, visit, app } = await world.personWithApp();
    const [one, other] = [await logIn(), await logIn()];
    expect([one.secondFactorNeeded, other.secondFactorNeeded]).toEqual([true, true]);
    granted(await show(visit(one), await app.code()));
    await eventually(() => expect(stateOf(visit(one))).toBe('complete'));
    expect(stateOf(visit(other))).toBeUndefined();
  }, 90_000);

  it('ends every other session when it is confirmed, and when the second factor is switched off', async () => {
    const person = await world.person();
    const [here, there] = [person.visit(await person.logIn()), person.visit(await person.logIn())];
    const { secret } = await here.get(identity.EnrollAuthenticator, {});
    const app = new AuthenticatorApp(secret);
    await here.get(identity.ConfirmAuthenticator, { code: await app.code() });
    await eventually(() => expect(stateOf(there)).toBe('revoked'));
    expect(stateOf(here)).toBeUndefined();

    const pending = person.visit(await person.logIn());
    await here.get(identity.DisableMfa, { proof: { code: await app.code() } });
    await eventually(() => expect(stateOf(pending)).toBe('revoked'));
    expect((await person.logIn()).secondFactorNeeded).toBe(false);
  }, 90_000);

  it('is replaced only with a second factor', async () => {
    const { here, app, secret } = await world.personWithApp();
    expect(codeOf(await here.ask(identity.EnrollAuthenticator, {}))).toBe('SecondFactorNotProven');
    expect(codeOf(await here.ask(identity.EnrollAuthenticator, { proof: { code: app.wrongCode() } }))).toBe('WrongCode');
    const next = await here.get(identity.EnrollAuthenticator, { proof: { code: await app.code() } });
    expect(next.secret).not.toBe(secret);
  }, 90_000);
});

describe('a code', () => {
  it('wins once out of 32 at a time, in whatever sessions and for whatever they come', async () => {
    const { here, logIn, visit, app } = await world.personWithApp();
    const pending: Visit[] = [];
    while (pending.length < 8) pending.push(visit(await logIn()));
    const code = await app.code();
    const outcomes = await Promise.all(
      pending.flatMap((session) => [
        show(session, code),
        show(here, code),
        here.ask(identity.RegenerateBackupCodes, { proof: { code } }),
        here.ask(identity.BeginPasskey, { proof: { code } }),
      ]),
    );
    expect(outcomes).toHaveLength(32);
    expect(outcomes.map(codeOf).filter((each) => each === 'granted')).toHaveLength(1);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['granted', 'WrongCode', 'TooManyTries']));
  }, 90_000);

  it('that was used is of no use afterwards, and neither is the one that confirmed the app', async () => {
    const { here, app, secret } = await world.personWithApp();
    const code = await app.code();
    granted(await show(here, code));
    for (const operation of [identity.DisableMfa, identity.RegenerateBackupCodes, identity.BeginPasskey, identity.EnrollAuthenticator]) {
      expect(codeOf(await here.ask(operation, { proof: { code } }))).toBe('WrongCode');
    }
    expect(codeOf(await show(here, codeAt(secret, stepAt(Date.now()) - 1)))).toBe('WrongCode');
  }, 90_000);

  it('completes one session, also where the same Idempotency-Key comes from another', async () => {
    const { logIn, visit, app } = await world.personWithApp();
    const [mine, theirs] = [visit(await logIn()), visit(await logIn())];
    const input = { proof: { code: await app.code() } };
    const once = { commandId: randomUUID(), idempotent: true };
    granted(await world.ask(identity.ShowSecondFactor, input, { ...mine.context, ...once }));
    granted(await world.ask(identity.ShowSecondFactor, input, { ...mine.context, ...once }));
    expect(codeOf(await world.ask(identity.ShowSecondFactor, input, { ...theirs.context, ...once }))).toBe('IdempotencyKeyReused');
    await eventually(() => expect(stateOf(mine)).toBe('complete'));
    expect(stateOf(theirs)).toBeUndefined();
  }, 90_000);

  it('is read as people write it', async () => {
    const { here, app } = await world.personWithApp();
    const code = await app.code();
    granted(await show(here, ` ${code.slice(0, 3)} ${code.slice(3)} `));
    for (const malformed of ['12345', '1234567', '１２３４５６', 'ABCDEFG', '']) {
      expect(codeOf(await show(here, malformed))).toBe('InvalidInput');
    }
  }, 90_000);
});

describe('a backup code', () => {
  it('wins once out of 32 at a time', async () => {
    const { here, backupCodes } = await world.personWithApp();
    const [code = ''] = backupCodes;
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => show(here, code)));
    expect(outcomes.filter(({ accepted }) => accepted)).toEqual([{ accepted: true, value: { backupCodesLeft: 9 } }]);
    expect(codeOf(await show(here, code))).not.toBe('granted');
  });

  it('completes a log-in, in any case and with hyphens', async () => {
    const { logIn, visit, backupCodes } = await world.personWithApp();
    const pending = visit(await logIn());
    const [, code = ''] = backupCodes;
    expect(granted(await show(pending, `${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`))).toEqual({ backupCodesLeft: 9 });
    await eventually(() => expect(stateOf(pending)).toBe('complete'));
  });

  it('dies when new ones are made', async () => {
    const { here, backupCodes } = await world.personWithApp();
    const [first = '', second = ''] = backupCodes;
    expect(codeOf(await here.ask(identity.RegenerateBackupCodes, {}))).toBe('SecondFactorNotProven');
    const made = await here.get(identity.RegenerateBackupCodes, { proof: { code: first } });
    expect(made.backupCodes.filter((code) => backupCodes.includes(code))).toEqual([]);
    expect(codeOf(await show(here, second))).toBe('WrongCode');
    granted(await show(here, made.backupCodes[0] ?? ''));
    expect((await here.get(identity.GetMfa, {})).backupCodesLeft).toBe(9);
  });

  it('is not used up for a session that has ended', async () => {
    const { here, logIn, visit, backupCodes } = await world.personWithApp();
    const pending = visit(await logIn());
    await here.get(identity.LogOutEverywhere, { keepThis: true });
    const [code = ''] = backupCodes;
    expect(codeOf(await show(pending, code))).toBe('SessionNotFound');
    granted(await show(here, code));
  });

  it('of somebody else is wrong', async () => {
    const [ada, grace] = [await world.personWithApp(), await world.personWithApp()];
    expect(codeOf(await show(ada.here, grace.backupCodes[0] ?? ''))).toBe('WrongCode');
  });
});

describe('the second factor', () => {
  it('is switched off with a code, and nothing of it is left', async () => {
    const { here, backupCodes, logIn } = await world.personWithApp();
    expect(codeOf(await here.ask(identity.DisableMfa, {}))).toBe('SecondFactorNotProven');
    await here.get(identity.DisableMfa, { proof: { code: backupCodes[0] ?? '' } });
    expect(await here.get(identity.GetMfa, {})).toEqual({
      isEnabled: false,
      enabledAt: null,
      hasAuthenticator: false,
      passkeys: 0,
      backupCodesLeft: 0,
    });
    expect((await logIn()).secondFactorNeeded).toBe(false);
    expect(codeOf(await show(here, backupCodes[1] ?? ''))).toBe('MfaNotEnabled');
  });

  it('is taken away by an operator from who has lost everything, with all sessions', async () => {
    const { here, logIn, userId } = await world.personWithApp();
    expect(codeOf(await here.ask(identity.ResetMfa, { userId }))).toBe('Forbidden');
    granted(await world.ask(identity.ResetMfa, { userId }, contextOf(asOperator)));
    await eventually(() => expect(stateOf(here)).toBe('revoked'));
    expect((await logIn()).secondFactorNeeded).toBe(false);
    expect(codeOf(await world.ask(identity.ResetMfa, { userId }, contextOf(asOperator)))).toBe('MfaNotEnabled');
  });

  it('is the business of people who have shown it, and of nobody else', async () => {
    const { logIn, visit } = await world.personWithApp();
    const pending = visit(await logIn());
    const guarded = [identity.EnrollAuthenticator, identity.DisableMfa, identity.RegenerateBackupCodes, identity.BeginPasskey];
    for (const operation of guarded) expect(codeOf(await pending.ask(operation, {}))).toBe('SecondFactorNeeded');
    for (const operation of [...guarded, identity.GetMfa]) expect(codeOf(await world.ask(operation, {}))).toBe('Unauthenticated');
  });
});

describe('a log-in that begins before there is a second factor and ends after', () => {
  it('leaves no session that never showed it', async () => {
    for (let round = 0; round < 12; round += 1) {
      const person = await world.person();
      const here = person.visit(await person.logIn());
      const { secret } = await here.get(identity.EnrollAuthenticator, {});
      const code = await new AuthenticatorApp(secret).code();
      const logIns = Array.from({ length: 5 }, () => person.logIn());
      // In the middle of them: their passwords are hashed two at a time.
      await Promise.race(logIns);
      await here.get(identity.ConfirmAuthenticator, { code });
      await Promise.allSettled(logIns);
      const { items } = await here.get(identity.ListSessions, {});
      const whole = items.filter(({ isCurrent, secondFactorNeeded }) => !isCurrent && !secondFactorNeeded);
      expect(whole).toEqual([]);
    }
  }, 60_000);
});
