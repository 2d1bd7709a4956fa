import { epochOf, type Instant, type identity, type UserId } from '@orrery/contracts';
import type { Authenticator, Event, Passkey, Spent, State } from './state.ts';

/** An answered challenge: who made it, for whom and for what was checked before. */
export interface Answered {
  readonly challenge: string;
  readonly expiresAt: Instant;
}

/** A second factor as the shell has read it. */
export type Proof =
  | {
      readonly kind: 'code';
      readonly enrolmentId: identity.EnrolmentId;
      /** The time steps of this moment whose code it is: none for a wrong one. */
      readonly steps: readonly number[];
    }
  | { readonly kind: 'backup-code'; readonly hash: string }
  | (Answered & {
      readonly kind: 'passkey';
      /** The passkey that signed, as far as its signature was right. */
      readonly credentialId: string;
      readonly counter: number;
    })
  /** What is known to be wrong before anything is compared. */
  | { readonly kind: 'wrong'; readonly code: ProofRefusal };

export interface By {
  readonly userId: UserId;
  readonly at: Instant;
}

export type ProofRefusal = 'WrongCode' | 'PasskeyRefused';

/** `granted` alone opens something; what a refused proof tells of is recorded too. */
export type Verdict =
  | { readonly granted: true; readonly events: readonly Event[] }
  | { readonly granted: false; readonly code: ProofRefusal; readonly events: readonly Event[] };

const wrong: Verdict = { granted: false, code: 'WrongCode', events: [] };
const refused: Verdict = { granted: false, code: 'PasskeyRefused', events: [] };

/** Of the steps a code counts for it uses up the last, and with it all before. */
const code = (
  { enrolmentId, steps }: Extract<Proof, { kind: 'code' }>,
  authenticator: Authenticator | null,
  { userId, at }: By,
): Verdict => {
  if (authenticator?.enrolmentId !== enrolmentId) return wrong;
  const step = Math.max(-1, ...steps);
  if (step <= authenticator.lastStep) return wrong;
  return { granted: true, events: [{ type: 'TotpStepUsed', data: { userId, enrolmentId, step, at } }] };
};

const backupCode = (hash: string, { backupHashes }: State, { userId, at }: By): Verdict => {
  if (!backupHashes.includes(hash)) return wrong;
  return {
    granted: true,
    events: [
      { type: 'BackupCodeUsed', data: { userId, remaining: backupHashes.length - 1, at } },
      // Apart from the fact that others may know.
      { type: 'BackupCodeSpent', data: { userId, hash, at } },
    ],
  };
};

/** Whether a challenge may be answered still: each is, once. */
export const isFresh = ({ challenge, expiresAt }: Answered, spent: readonly Spent[], at: Instant): boolean =>
  epochOf(expiresAt) > epochOf(at) && !spent.some((each) => each.challenge === challenge);

/** WebAuthn: a counter rises each time, unless the authenticator has none and it stays 0. */
const hasRisen = (counter: number, before: number): boolean => counter > before || (counter === 0 && before === 0);

const passkey = (shown: Extract<Proof, { kind: 'passkey' }>, state: State, { userId, at }: By): Verdict => {
  const { credentialId, counter, challenge, expiresAt } = shown;
  const known: Passkey | undefined = state.passkeys.find((each) => each.credentialId === credentialId);
  if (!known || !isFresh(shown, state.spent, at)) return refused;
  const { passkeyId } = known;
  const spent: Event = { type: 'PasskeyChallengeSpent', data: { userId, challenge, expiresAt, at } };
  if (!hasRisen(counter, known.counter)) {
    return { ...refused, events: [{ type: 'PasskeyCloneSuspected', data: { userId, passkeyId, at } }, spent] };
  }
  return { granted: true, events: [{ type: 'PasskeyUsed', data: { userId, passkeyId, counter, at } }, spent] };
};

/** Whether a second factor is right, and what is to be remembered of it so that it is right only once. */
export const judge = (proof: Proof, state: State, by: By): Verdict => {
  switch (proof.kind) {
    case 'code':
      return code(proof, state.authenticator, by);
    case 'backup-code':
      return backupCode(proof.hash, state, by);
    case 'passkey':
      return passkey(proof, state, by);
    case 'wrong':
      return { granted: false, code: proof.code, events: [] };
  }
};
