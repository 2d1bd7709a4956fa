import { identity, instantOf, UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, Mfa } from './mfa.ts';
import type { Proof } from './proof.ts';
import { type Event, isOn } from './state.ts';

const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const minuteMs = 60_000;
const instant = fc.integer({ min: 0, max: 30 }).map((minute) => instantOf(minute * minuteMs));
const enrolmentId = fc.constantFrom('02', '03').map((end) => identity.EnrolmentId.parse(`0199a000-0000-7000-8000-0000000000${end}`));
const passkeyId = fc.constantFrom('04', '05').map((end) => identity.PasskeyId.parse(`0199a000-0000-7000-8000-0000000000${end}`));
const steps = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }).map((list) => list.sort((a, b) => a - b));
const hash = fc.constantFrom<string[]>('a', 'b', 'c');
const hashes = fc.uniqueArray(hash, { minLength: 1, maxLength: 3 });
// A challenge carries its own expiry.
const challenge = fc.constantFrom(5, 10, 20, 35).map((minute) => ({ challenge: `c${minute}`, expiresAt: instantOf(minute * minuteMs) }));
const counter = fc.integer({ min: 0, max: 6 });
const credentialId = fc.constantFrom('k1', 'k2');

const proof: fc.Arbitrary<Proof> = fc.oneof(
  fc.record({ kind: fc.constant('code' as const), enrolmentId, steps }),
  fc.record({ kind: fc.constant('backup-code' as const), hash }),
  fc.tuple(challenge, credentialId, counter).map(([answered, id, count]) => ({
    kind: 'passkey' as const,
    ...answered,
    credentialId: id,
    counter: count,
  })),
);
const by = { userId: fc.constant(userId), at: instant };
const proven = { ...by, proof: fc.option(proof) };
const type = <T extends Command['type']>(name: T) => fc.constant(name);

const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: type('OfferAuthenticator'), ...proven, enrolmentId, secret: fc.constant('S'), backupHashes: hashes }),
  fc.record({ type: type('ConfirmAuthenticator'), ...by, enrolmentId, steps }),
  fc.record({ type: fc.constantFrom('Show' as const, 'LogIn' as const), ...by, proof }),
  fc.record({ type: type('Disable'), ...proven }),
  fc.record({ type: type('Reset'), ...by }),
  // New codes are random: none of them is the one that was shown for them.
  fc
    .record({ type: type('ReplaceBackupCodes'), ...proven, backupHashes: hashes })
    .filter(({ proof: shown, backupHashes }) => shown?.kind !== 'backup-code' || !backupHashes.includes(shown.hash)),
  fc.record({ type: type('BeginPasskey'), ...proven }),
  fc.tuple(fc.record({ ...by, passkeyId, credentialId, counter, backupHashes: hashes }), challenge).map(([passkey, answered]) => ({
    type: 'AddPasskey' as const,
    ...passkey,
    ...answered,
    name: 'phone',
    publicKey: 'key',
    transports: [],
  })),
  fc.record({ type: type('RenamePasskey'), ...by, passkeyId, name: fc.constantFrom('phone', 'ring') }),
  fc.record({ type: type('RemovePasskey'), ...proven, passkeyId }),
);

const eventsOf = (history: readonly Command[]): readonly Event[] => {
  const events: Event[] = [];
  for (const command of history) {
    const decision = Mfa.decide(command, fold(Mfa, events));
    if (decision.accepted) events.push(...decision.events);
  }
  return events;
};
const always = (check: (events: readonly Event[]) => void): void =>
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 40 }), (history) => check(eventsOf(history))),
    { numRuns: 500 },
  );

describe('second factors', () => {
  it.each(lawsOf(Mfa, commands))('$name', ({ check }) => check());

  it('take the code of a time step once, and none of an earlier one after it', () =>
    always((events) => {
      let last = -1;
      for (const event of events) {
        if (event.type === 'AuthenticatorConfirmed') last = -1;
        if (event.type !== 'TotpStepUsed') continue;
        expect(event.data.step).toBeGreaterThan(last);
        last = event.data.step;
      }
    }));

  it('take a backup code once for each time it was issued', () =>
    always((events) => {
      let alive: readonly string[] = [];
      for (const event of events) {
        if (event.type === 'BackupCodesHashed') alive = event.data.hashes;
        if (event.type === 'MfaDisabled') alive = [];
        if (event.type !== 'BackupCodeSpent') continue;
        const { hash: spent } = event.data;
        expect(alive).toContain(spent);
        alive = alive.filter((each) => each !== spent);
      }
    }));

  it('are on exactly from the first one to the last', () =>
    always((events) => {
      const switches = events.filter(({ type: name }) => name === 'MfaEnabled' || name === 'MfaDisabled');
      expect(isOn(fold(Mfa, events))).toBe(switches.at(-1)?.type === 'MfaEnabled');
      expect(switches.every(({ type: name }, index) => name === (index % 2 === 0 ? 'MfaEnabled' : 'MfaDisabled'))).toBe(true);
    }));
});
