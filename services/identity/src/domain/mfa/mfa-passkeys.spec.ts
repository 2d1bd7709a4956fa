import { identity, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, Mfa, mostPasskeys } from './mfa.ts';
import type { Proof } from './proof.ts';
import type { Event } from './state.ts';

const at = '2026-01-01T00:00:00.000Z';
const expiresAt = '2026-01-01T00:05:00.000Z';
const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const passkeyOf = (number: number) => identity.PasskeyId.parse(`0199a000-0000-7000-8000-${String(number).padStart(12, '0')}`);
const by = { userId, at };
const passkeyId = passkeyOf(2);

const add = (credentialId: string, challenge: string, id = passkeyId): Command => ({
  type: 'AddPasskey',
  ...by,
  passkeyId: id,
  name: 'phone',
  credentialId,
  publicKey: 'key',
  counter: 5,
  transports: ['internal'],
  challenge,
  expiresAt,
  backupHashes: ['hash-a'],
});
const spent = (challenge: string): Event => ({ type: 'PasskeyChallengeSpent', data: { ...by, challenge, expiresAt } });
const added = (credentialId: string, challenge: string, id = passkeyId): readonly Event[] => [
  { type: 'PasskeyAdded', data: { ...by, passkeyId: id, name: 'phone' } },
  { type: 'PasskeyKept', data: { ...by, passkeyId: id, credentialId, publicKey: 'key', counter: 5, transports: ['internal'] } },
  spent(challenge),
];
const enabled: readonly Event[] = [
  { type: 'BackupCodesIssued', data: { ...by, count: 1 } },
  { type: 'BackupCodesHashed', data: { ...by, hashes: ['hash-a'] } },
  { type: 'MfaEnabled', data: { ...by, by: 'passkey' } },
];
const on = [...added('cred', 'c1'), ...enabled];
const signed = (challenge: string, counter = 6, credentialId = 'cred'): Extract<Proof, { kind: 'passkey' }> => ({
  kind: 'passkey',
  credentialId,
  counter,
  challenge,
  expiresAt,
});
const show = (proof: Proof): Command => ({ type: 'Show', ...by, proof });
const used = (challenge: string, counter = 6): readonly Event[] => [
  { type: 'PasskeyUsed', data: { ...by, passkeyId, counter } },
  spent(challenge),
];
const { given } = specify(Mfa);

describe('a passkey', () => {
  it('that is the first second factor brings backup codes and switches it on', () => {
    given()
      .when(add('cred', 'c1'))
      .thenEvents(...on);
  });

  it('beside another second factor is only added', () => {
    given(...on)
      .when(add('other', 'c2', passkeyOf(3)))
      .thenEvents(...added('other', 'c2', passkeyOf(3)));
  });

  it('is added once, for a challenge that nobody answered before', () => {
    given(...on)
      .when(add('cred', 'c2', passkeyOf(3)))
      .thenRejected('PasskeyAlreadyAdded');
    given(...on)
      .when(add('other', 'c1', passkeyOf(3)))
      .thenRejected('PasskeyRefused');
    given()
      .when({ ...add('cred', 'c1'), at: expiresAt })
      .thenRejected('PasskeyRefused');
  });

  it('is one of not too many', () => {
    const many = Array.from({ length: mostPasskeys }, (_, index) => added(`cred-${index}`, `c${index}`, passkeyOf(index + 10))).flat();
    given(...many, ...enabled)
      .when(add('one-more', 'c-more'))
      .thenRejected('TooManyPasskeys');
    given(...many, ...enabled)
      .when({ type: 'BeginPasskey', ...by, proof: signed('c-more') })
      .thenRejected('TooManyPasskeys');
  });

  it('is begun with a second factor where there is one', () => {
    given()
      .when({ type: 'BeginPasskey', ...by, proof: null })
      .thenNothing();
    given(...on)
      .when({ type: 'BeginPasskey', ...by, proof: null })
      .thenRejected('SecondFactorNotProven');
    given(...on)
      .when({ type: 'BeginPasskey', ...by, proof: signed('c2') })
      .thenEvents(...used('c2'));
  });

  it('answers a challenge once, while it is fresh', () => {
    given(...on)
      .when(show(signed('c2')))
      .thenEvents(...used('c2'));
    given(...on, ...used('c2'))
      .when(show(signed('c2', 7)))
      .thenRejected('PasskeyRefused');
    given(...on)
      .when({ ...show(signed('c2')), at: expiresAt })
      .thenRejected('PasskeyRefused');
  });

  it('of somebody else is refused', () => {
    given(...on)
      .when(show(signed('c2', 6, 'unknown')))
      .thenRejected('PasskeyRefused');
  });

  it('logs its owner in, and says nothing of who has none', () => {
    const logIn: Command = { type: 'LogIn', ...by, proof: signed('c2') };
    given(...on)
      .when(logIn)
      .thenEvents(...used('c2'));
    given().when(logIn).thenRejected('PasskeyRefused');
  });

  it('whose counter does not rise is refused, and said to be cloned', () => {
    const suspected: readonly Event[] = [{ type: 'PasskeyCloneSuspected', data: { ...by, passkeyId } }, spent('c2')];
    for (const counter of [5, 4, 0]) {
      given(...on)
        .when(show(signed('c2', counter)))
        .thenEvents(...suspected);
      given(...on)
        .when({ type: 'Disable', ...by, proof: signed('c2', counter) })
        .thenEvents(...suspected);
    }
  });

  it('without a counter may stay at zero', () => {
    const zero = (challenge: string) => used(challenge, 0);
    const countless = on.map((event): Event => (event.type === 'PasskeyKept' ? { ...event, data: { ...event.data, counter: 0 } } : event));
    given(...countless)
      .when(show(signed('c2', 0)))
      .thenEvents(...zero('c2'));
  });

  it('has a name that changes', () => {
    const rename: Command = { type: 'RenamePasskey', ...by, passkeyId, name: 'old phone' };
    const renamed: Event = { type: 'PasskeyRenamed', data: { ...by, passkeyId, name: 'old phone' } };
    given(...on)
      .when(rename)
      .thenEvents(renamed);
    given(...on, renamed)
      .when(rename)
      .thenNothing();
    given().when(rename).thenRejected('PasskeyNotFound');
  });

  it('is removed by who has a second factor, and the last one takes the need with it', () => {
    const remove = (proof: Proof | null): Command => ({ type: 'RemovePasskey', ...by, passkeyId, proof });
    const removed: Event = { type: 'PasskeyRemoved', data: { ...by, passkeyId } };
    given(...on)
      .when(remove(null))
      .thenRejected('SecondFactorNotProven');
    given(...on)
      .when(remove(signed('c2')))
      .thenEvents(...used('c2'), removed, { type: 'MfaDisabled', data: by });
    given(...on, ...added('other', 'c2', passkeyOf(3)))
      .when(remove(signed('c3')))
      .thenEvents(...used('c3'), removed);
    given(...on, removed)
      .when(remove(signed('c2')))
      .thenRejected('PasskeyNotFound');
  });

  it('goes when the second factor is switched off', () => {
    given(...on)
      .when({ type: 'Disable', ...by, proof: signed('c2') })
      .thenEvents(...used('c2'), { type: 'PasskeyRemoved', data: { ...by, passkeyId } }, { type: 'MfaDisabled', data: by });
  });
});
