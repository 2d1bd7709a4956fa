import { epochOf, type identity } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';
import { type Answered, type By, isFresh, judge, type Proof, type ProofRefusal } from './proof.ts';
import { type Event, evolve, initial, isOn, type State } from './state.ts';

interface Passkey extends Answered {
  readonly passkeyId: identity.PasskeyId;
  readonly name: string;
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
}

interface Proven extends By {
  readonly proof: Proof | null;
}

export type Command =
  | (Proven & {
      readonly type: 'OfferAuthenticator';
      readonly enrolmentId: identity.EnrolmentId;
      readonly secret: string;
      readonly backupHashes: readonly string[];
    })
  | (By & { readonly type: 'ConfirmAuthenticator'; readonly enrolmentId: identity.EnrolmentId; readonly steps: readonly number[] })
  | (By & { readonly type: 'Show' | 'LogIn'; readonly proof: Proof })
  | (Proven & { readonly type: 'Disable' })
  /** By who answers for the platform, for somebody who has lost everything. */
  | (By & { readonly type: 'Reset' })
  | (Proven & { readonly type: 'ReplaceBackupCodes'; readonly backupHashes: readonly string[] })
  | (Proven & { readonly type: 'BeginPasskey' })
  | (By & Passkey & { readonly type: 'AddPasskey'; readonly backupHashes: readonly string[] })
  | (By & { readonly type: 'RenamePasskey'; readonly passkeyId: identity.PasskeyId; readonly name: string })
  | (Proven & { readonly type: 'RemovePasskey'; readonly passkeyId: identity.PasskeyId });

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

export type Refusal = {
  readonly code:
    | ProofRefusal
    | 'SecondFactorNotProven'
    | 'MfaNotEnabled'
    | 'AuthenticatorNotOffered'
    | 'PasskeyNotFound'
    | 'PasskeyAlreadyAdded'
    | 'TooManyPasskeys';
  readonly details: object;
};

type Decide = Decider<Command, Event, State, Refusal>['decide'];
type DecisionOf = ReturnType<Decide>;

/** More than anybody carries; each is a key that a log-in may look at. */
export const mostPasskeys = 20;
/** How long a secret that was offered waits for its first code. */
const offerMs = 15 * 60_000;

const issue = ({ userId, at }: By, hashes: readonly string[]): readonly Event[] => [
  { type: 'BackupCodesIssued', data: { userId, count: hashes.length, at } },
  { type: 'BackupCodesHashed', data: { userId, hashes: [...hashes], at } },
];

/** What a second factor opens. One that is refused opens nothing, but what it tells of stays in the log. */
const judged = (proof: Proof, state: State, by: By, opens: (after: State) => readonly Event[]): DecisionOf => {
  const verdict = judge(proof, state, by);
  if (verdict.granted) return accept<Event>(...verdict.events, ...opens(verdict.events.reduce(evolve, state)));
  return verdict.events.length > 0 ? accept<Event>(...verdict.events) : reject(verdict.code, {});
};

/** While the second factor is on, whatever changes it takes one. */
const proven = ({ proof, userId, at }: Proven, state: State, opens: (after: State) => readonly Event[]): DecisionOf => {
  if (!isOn(state)) return accept<Event>(...opens(state));
  return proof ? judged(proof, state, { userId, at }, opens) : reject('SecondFactorNotProven', {});
};

const offer = (command: Of<'OfferAuthenticator'>, state: State): DecisionOf => {
  const { userId, enrolmentId, secret, backupHashes, at } = command;
  if (state.offer?.enrolmentId === enrolmentId) return accept();
  return proven(command, state, () => [
    { type: 'AuthenticatorOffered', data: { userId, enrolmentId, secret, backupHashes: [...backupHashes], at } },
  ]);
};

const confirm = ({ userId, enrolmentId, steps, at }: Of<'ConfirmAuthenticator'>, state: State): DecisionOf => {
  const { offer: offered } = state;
  if (offered?.enrolmentId !== enrolmentId || epochOf(offered.at) + offerMs <= epochOf(at)) return reject('AuthenticatorNotOffered', {});
  const step = steps.at(-1);
  if (step === undefined) return reject('WrongCode', {});
  const enabled: readonly Event[] = isOn(state) ? [] : [{ type: 'MfaEnabled', data: { userId, by: 'authenticator', at } }];
  return accept<Event>(
    { type: 'AuthenticatorConfirmed', data: { userId, enrolmentId, at } },
    { type: 'TotpStepUsed', data: { userId, enrolmentId, step, at } },
    ...issue({ userId, at }, offered.backupHashes),
    ...enabled,
  );
};

const ending =
  ({ userId, at }: By) =>
  ({ passkeys }: State): readonly Event[] => [
    ...passkeys.map(({ passkeyId }): Event => ({ type: 'PasskeyRemoved', data: { userId, passkeyId, at } })),
    { type: 'MfaDisabled', data: { userId, at } },
  ];

const addPasskey = (command: Of<'AddPasskey'>, state: State): DecisionOf => {
  const { userId, passkeyId, name, credentialId, publicKey, counter, transports, challenge, expiresAt, backupHashes, at } = command;
  if (!isFresh(command, state.spent, at)) return reject('PasskeyRefused', {});
  if (state.passkeys.some((each) => each.credentialId === credentialId)) return reject('PasskeyAlreadyAdded', {});
  if (state.passkeys.length >= mostPasskeys) return reject('TooManyPasskeys', {});
  const enabled: readonly Event[] = isOn(state)
    ? []
    : [...issue(command, backupHashes), { type: 'MfaEnabled', data: { userId, by: 'passkey', at } }];
  return accept<Event>(
    { type: 'PasskeyAdded', data: { userId, passkeyId, name, at } },
    { type: 'PasskeyKept', data: { userId, passkeyId, credentialId, publicKey, counter, transports: [...transports], at } },
    { type: 'PasskeyChallengeSpent', data: { userId, challenge, expiresAt, at } },
    ...enabled,
  );
};

const renamePasskey = ({ userId, passkeyId, name, at }: Of<'RenamePasskey'>, state: State): DecisionOf => {
  const known = state.passkeys.find((each) => each.passkeyId === passkeyId);
  if (!known) return reject('PasskeyNotFound', {});
  return known.name === name ? accept() : accept<Event>({ type: 'PasskeyRenamed', data: { userId, passkeyId, name, at } });
};

const removePasskey = (command: Of<'RemovePasskey'>, state: State): DecisionOf => {
  const { userId, passkeyId, at } = command;
  if (!state.passkeys.some((each) => each.passkeyId === passkeyId)) return reject('PasskeyNotFound', {});
  return proven(command, state, (after) => {
    const removed: Event = { type: 'PasskeyRemoved', data: { userId, passkeyId, at } };
    return isOn(evolve(after, removed)) ? [removed] : [removed, { type: 'MfaDisabled', data: { userId, at } }];
  });
};

const decide: Decide = (command, state) => {
  switch (command.type) {
    case 'OfferAuthenticator':
      return offer(command, state);
    case 'ConfirmAuthenticator':
      return confirm(command, state);
    case 'Show':
      return isOn(state) ? judged(command.proof, state, command, () => []) : reject('MfaNotEnabled', {});
    case 'LogIn':
      // Says of nobody whether they have a second factor, or exist.
      return judged(command.proof, state, command, () => []);
    case 'Disable':
      return isOn(state) ? proven(command, state, ending(command)) : reject('MfaNotEnabled', {});
    case 'Reset':
      return isOn(state) ? accept<Event>(...ending(command)(state)) : reject('MfaNotEnabled', {});
    case 'ReplaceBackupCodes':
      return isOn(state) ? proven(command, state, () => issue(command, command.backupHashes)) : reject('MfaNotEnabled', {});
    case 'BeginPasskey':
      return state.passkeys.length >= mostPasskeys ? reject('TooManyPasskeys', {}) : proven(command, state, () => []);
    case 'AddPasskey':
      return addPasskey(command, state);
    case 'RenamePasskey':
      return renamePasskey(command, state);
    case 'RemovePasskey':
      return removePasskey(command, state);
  }
};

/** The second factors of a person. Stream `mfa-<user id>`. A code, a backup code and a challenge each count once, whatever for. */
export const Mfa: Decider<Command, Event, State, Refusal> = { initial, decide, evolve };
