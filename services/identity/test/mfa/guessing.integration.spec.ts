import { randomBytes } from 'node:crypto';
import { identity, type Operation } from '@orrery/contracts';
import type { Outcome } from '@orrery/messaging';
import { eventually, granted } from '@orrery/testing';
import { assertionIn, codeOf, IdentityWorld, type Visit } from './identity-world.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await IdentityWorld.start();
}, 60_000);
afterAll(() => world?.stop(), 30_000);

const guesses = 1_000;
const atOnce = 40;
/** The patience with short codes, and what a slow machine adds to it: each further look waits twice as long as the one before. */
const mostLooks = 12;
const mostLooksAtPasskeys = 60;
/** So long a lock outlives what is done under it. */
const lockedMs = 3_000;

/** A thousand guesses, many at a time: how often each answer came. */
const guessing = async (guess: (number: number) => Promise<string>): Promise<Readonly<Record<string, number>>> => {
  const answers: Record<string, number> = {};
  let next = 0;
  const guesser = async () => {
    while (next < guesses) {
      next += 1;
      const answer = await guess(next);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, guesser));
  return answers;
};

const expectLocked = (answers: Readonly<Record<string, number>>, wrong: string, looks = mostLooks): void => {
  const { [wrong]: looked = 0, TooManyTries: unlooked = 0, ...others } = answers;
  expect(others).toEqual({});
  expect(looked).toBeLessThanOrEqual(looks);
  expect(looked + unlooked).toBe(guesses);
};
const codes = (number: number): string => String((number * 7_919) % 1_000_000).padStart(6, '0');
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const backupCode = (): string => Array.from(randomBytes(8), (byte) => alphabet.charAt(byte % 32)).join('');

type Show = (visit: Visit, code: string) => Promise<Outcome<Operation>>;

/** Wherever a code may be shown. */
const paths: readonly (readonly [string, Show])[] = [
  ['completing a log-in', (visit, code) => visit.ask(identity.ShowSecondFactor, { proof: { code } })],
  ['switching it off', (visit, code) => visit.ask(identity.DisableMfa, { proof: { code } })],
  ['new backup codes', (visit, code) => visit.ask(identity.RegenerateBackupCodes, { proof: { code } })],
  ['another app', (visit, code) => visit.ask(identity.EnrollAuthenticator, { proof: { code } })],
  ['a passkey', (visit, code) => visit.ask(identity.BeginPasskey, { proof: { code } })],
];

/** Guesses on until nobody would be looked at for a while. */
const lock = (guess: () => Promise<Outcome<Operation>>): Promise<unknown> =>
  eventually(async () => {
    const outcome = await guess();
    if (outcome.accepted || outcome.rejection.code !== 'TooManyTries') return undefined;
    const { retryAfterMs } = outcome.rejection.details;
    return typeof retryAfterMs === 'number' && retryAfterMs > lockedMs;
  });

describe('A thousand guesses', () => {
  it.each(paths)(
    'of the six digits get nowhere: %s',
    async (_, show) => {
      const { here, app } = await world.personWithApp();
      const right = await app.code();
      expectLocked(await guessing(async (number) => codeOf(await show(here, app.wrongCode(number * 7_919)))), 'WrongCode');
      await lock(() => show(here, app.wrongCode()));
      // Not even the right one is looked at now, there or anywhere else.
      for (const [, elsewhere] of paths) expect(codeOf(await elsewhere(here, right))).toBe('TooManyTries');
      expect((await here.get(identity.GetMfa, {})).isEnabled).toBe(true);
    },
    60_000,
  );

  it.each(paths)(
    'of a backup code get nowhere: %s',
    async (_, show) => {
      const { here, backupCodes } = await world.personWithApp();
      expectLocked(await guessing(async () => codeOf(await show(here, backupCode()))), 'WrongCode');
      await lock(() => show(here, backupCode()));
      expect(codeOf(await show(here, backupCodes[0] ?? ''))).toBe('TooManyTries');
      expect((await here.get(identity.GetMfa, {})).backupCodesLeft).toBe(10);
    },
    60_000,
  );

  it('spread over all paths and sessions are still a thousand', async () => {
    const { here, app, logIn, visit } = await world.personWithApp();
    const visits = [here, visit(await logIn()), visit(await logIn())];
    const answers = await guessing(async (number) => {
      const session = visits[number % visits.length] ?? here;
      const [, show] = paths[session === here ? number % paths.length : 0] ?? paths[0] ?? [];
      return show ? codeOf(await show(session, app.wrongCode(number * 7_919))) : '';
    });
    expectLocked(answers, 'WrongCode');
  }, 60_000);

  it('of the code that confirms an app get nowhere', async () => {
    const person = await world.person();
    const here = person.visit(await person.logIn());
    await here.get(identity.EnrollAuthenticator, {});
    expectLocked(
      await guessing(async (number) => codeOf(await here.ask(identity.ConfirmAuthenticator, { code: codes(number) }))),
      'WrongCode',
    );
    expect((await here.get(identity.GetMfa, {})).isEnabled).toBe(false);
  }, 60_000);

  it('with forged signatures of a passkey get nowhere, in a session or without one', async () => {
    const { here, authenticator } = await world.personWithPasskey();
    const assertion = await assertionIn(here, authenticator);
    const forged = () => ({
      ...assertion,
      response: { ...assertion.response, signature: randomBytes(70).toString('base64url') },
    });
    const inSession = await guessing(async () => codeOf(await here.ask(identity.ShowSecondFactor, { proof: { passkey: forged() } })));
    expectLocked(inSession, 'PasskeyRefused', mostLooksAtPasskeys);

    const { ticket, options } = granted(await world.ask(identity.BeginPasskeyLogIn, {}));
    const signed = authenticator.get(options);
    const atDoor = await guessing(async () => {
      const passkey = { ...signed, response: { ...signed.response, signature: randomBytes(70).toString('base64url') } };
      return codeOf(await world.ask(identity.LogInWithPasskey, { ticket, passkey }));
    });
    expectLocked(atDoor, 'PasskeyRefused', mostLooksAtPasskeys);
  }, 60_000);

  it('of codes do not keep out who has a passkey', async () => {
    const { here, authenticator, backupCodes } = await world.personWithPasskey();
    expectLocked(
      await guessing(async () => codeOf(await here.ask(identity.ShowSecondFactor, { proof: { code: backupCode() } }))),
      'WrongCode',
    );
    expect(codeOf(await here.ask(identity.ShowSecondFactor, { proof: { code: backupCodes[0] ?? '' } }))).toBe('TooManyTries');
    granted(await here.ask(identity.ShowSecondFactor, { proof: { passkey: await assertionIn(here, authenticator) } }));
  }, 60_000);
});
