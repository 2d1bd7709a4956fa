import { identity, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, Mfa } from './mfa.ts';
import type { Proof } from './proof.ts';
import type { Event } from './state.ts';

const at = '2026-01-01T00:00:00.000Z';
const tooLate = '2026-01-01T00:15:00.000Z';
const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const enrolmentId = identity.EnrolmentId.parse('0199a000-0000-7000-8000-000000000002');
const otherEnrolment = identity.EnrolmentId.parse('0199a000-0000-7000-8000-000000000003');
const by = { userId, at };
const backupHashes = ['hash-a', 'hash-b'];

const offer = (id = enrolmentId, proof: Proof | null = null): Command => ({
  type: 'OfferAuthenticator',
  ...by,
  enrolmentId: id,
  secret: 'SECRET',
  backupHashes,
  proof,
});
const offered = (id = enrolmentId): Event => ({
  type: 'AuthenticatorOffered',
  data: { ...by, enrolmentId: id, secret: 'SECRET', backupHashes },
});
const confirm = (steps: readonly number[], id = enrolmentId): Command => ({ type: 'ConfirmAuthenticator', ...by, enrolmentId: id, steps });
const confirmed: readonly Event[] = [
  { type: 'AuthenticatorConfirmed', data: { ...by, enrolmentId } },
  { type: 'TotpStepUsed', data: { ...by, enrolmentId, step: 100 } },
  { type: 'BackupCodesIssued', data: { ...by, count: 2 } },
  { type: 'BackupCodesHashed', data: { ...by, hashes: backupHashes } },
];
const enabled: Event = { type: 'MfaEnabled', data: { ...by, by: 'authenticator' } };
const on = [offered(), ...confirmed, enabled];
const code = (...steps: number[]): Proof => ({ kind: 'code', enrolmentId, steps });
const backup = (hash: string): Proof => ({ kind: 'backup-code', hash });
const show = (proof: Proof): Command => ({ type: 'Show', ...by, proof });
const stepUsed = (step: number): Event => ({ type: 'TotpStepUsed', data: { ...by, enrolmentId, step } });
const backupUsed = (hash: string, remaining: number): readonly Event[] => [
  { type: 'BackupCodeUsed', data: { ...by, remaining } },
  { type: 'BackupCodeSpent', data: { ...by, hash } },
];

const { given } = specify(Mfa);

describe('an authenticator app', () => {
  it('is offered a secret, which counts for nothing until a code of it comes', () => {
    given().when(offer()).thenEvents(offered());
    given(offered())
      .when(show(code(100)))
      .thenRejected('MfaNotEnabled');
  });

  it('is confirmed by its first code, and the second factor is on', () => {
    given(offered())
      .when(confirm([99, 100]))
      .thenEvents(...confirmed, enabled);
  });

  it('is not confirmed by a wrong code, without an offer, by another offer, or too late', () => {
    given(offered()).when(confirm([])).thenRejected('WrongCode');
    given()
      .when(confirm([100]))
      .thenRejected('AuthenticatorNotOffered');
    given(offered(), offered(otherEnrolment))
      .when(confirm([100]))
      .thenRejected('AuthenticatorNotOffered');
    given(offered())
      .when({ ...confirm([100]), at: tooLate })
      .thenRejected('AuthenticatorNotOffered');
  });

  it('is replaced only by who has a second factor, and goes on until its successor is confirmed', () => {
    given(...on)
      .when(offer(otherEnrolment))
      .thenRejected('SecondFactorNotProven');
    given(...on)
      .when(offer(otherEnrolment, code(101)))
      .thenEvents(stepUsed(101), offered(otherEnrolment));
    given(...on, offered(otherEnrolment))
      .when(show(code(101)))
      .thenEvents(stepUsed(101));
    given(...on, offered(otherEnrolment))
      .when(confirm([7], otherEnrolment))
      .thenEvents(
        { type: 'AuthenticatorConfirmed', data: { ...by, enrolmentId: otherEnrolment } },
        { type: 'TotpStepUsed', data: { ...by, enrolmentId: otherEnrolment, step: 7 } },
        { type: 'BackupCodesIssued', data: { ...by, count: 2 } },
        { type: 'BackupCodesHashed', data: { ...by, hashes: backupHashes } },
      );
  });
});

describe('a code', () => {
  it('counts for one step, once', () => {
    given(...on)
      .when(show(code(101)))
      .thenEvents(stepUsed(101));
    given(...on, stepUsed(101))
      .when(show(code(101)))
      .thenRejected('WrongCode');
  });

  it('of a step before a used one is dead too', () => {
    given(...on, stepUsed(102))
      .when(show(code(101)))
      .thenRejected('WrongCode');
  });

  it('that confirmed the app opens nothing else', () => {
    given(...on)
      .when(show(code(100)))
      .thenRejected('WrongCode');
  });

  it('that happens to be the code of two steps uses up both', () => {
    given(...on)
      .when(show(code(101, 102)))
      .thenEvents(stepUsed(102));
    given(...on, stepUsed(102))
      .when(show(code(101, 102)))
      .thenRejected('WrongCode');
  });

  it('of another app is wrong', () => {
    given(...on)
      .when(show({ kind: 'code', enrolmentId: otherEnrolment, steps: [500] }))
      .thenRejected('WrongCode');
  });

  it('is wrong when it is the code of no step', () => {
    given(...on)
      .when(show(code()))
      .thenRejected('WrongCode');
    given(...on)
      .when(show({ kind: 'wrong', code: 'WrongCode' }))
      .thenRejected('WrongCode');
  });
});

describe('a backup code', () => {
  it('works once, in the place of any second factor', () => {
    given(...on)
      .when(show(backup('hash-a')))
      .thenEvents(...backupUsed('hash-a', 1));
    given(...on, ...backupUsed('hash-a', 1))
      .when(show(backup('hash-a')))
      .thenRejected('WrongCode');
    given(...on, ...backupUsed('hash-a', 1))
      .when(show(backup('hash-b')))
      .thenEvents(...backupUsed('hash-b', 0));
  });

  it('dies when new ones are made', () => {
    const replace: Command = { type: 'ReplaceBackupCodes', ...by, proof: backup('hash-a'), backupHashes: ['new'] };
    const issued: readonly Event[] = [
      { type: 'BackupCodesIssued', data: { ...by, count: 1 } },
      { type: 'BackupCodesHashed', data: { ...by, hashes: ['new'] } },
    ];
    given(...on)
      .when(replace)
      .thenEvents(...backupUsed('hash-a', 1), ...issued);
    given(...on, ...issued)
      .when(show(backup('hash-b')))
      .thenRejected('WrongCode');
    given(...on)
      .when({ ...replace, proof: null })
      .thenRejected('SecondFactorNotProven');
    given().when(replace).thenRejected('MfaNotEnabled');
  });
});

describe('the second factor', () => {
  const disable = (proof: Proof | null): Command => ({ type: 'Disable', ...by, proof });
  const disabled: Event = { type: 'MfaDisabled', data: by };

  it('is switched off by who has it, and by nobody else', () => {
    given(...on)
      .when(disable(code(101)))
      .thenEvents(stepUsed(101), disabled);
    given(...on)
      .when(disable(null))
      .thenRejected('SecondFactorNotProven');
    given(...on)
      .when(disable(code()))
      .thenRejected('WrongCode');
    given()
      .when(disable(code(101)))
      .thenRejected('MfaNotEnabled');
  });

  it('is taken away from outside for who has lost everything', () => {
    given(...on)
      .when({ type: 'Reset', ...by })
      .thenEvents(disabled);
    given()
      .when({ type: 'Reset', ...by })
      .thenRejected('MfaNotEnabled');
  });

  it('leaves nothing behind that would open anything', () => {
    given(...on, disabled)
      .when(show(backup('hash-b')))
      .thenRejected('MfaNotEnabled');
    given(...on, disabled)
      .when(offer(otherEnrolment))
      .thenEvents(offered(otherEnrolment));
  });
});
