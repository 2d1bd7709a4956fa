import type { identity, UserId } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Proof } from '../../domain/mfa/proof.ts';
import type { State } from '../../domain/mfa/state.ts';
import type { BackupCodes } from './backup-codes.ts';
import type { Bond, Challenges } from './challenges.ts';
import { holderOf, type InSession } from './in-session.ts';
import { clientDataOf, handleOf, type RelyingParty } from './relying-party.ts';
import { stepsOf } from './totp.ts';

const totpDigits = 6;
const wrongCode: Proof = { kind: 'wrong', code: 'WrongCode' };
const refused: Proof = { kind: 'wrong', code: 'PasskeyRefused' };

/** Where a wrong proof costs patience: what is short is guessed sooner. */
export const pathOf = (proof: identity.Proof): 'mfa' | 'backup-code' | 'passkey' => {
  if ('passkey' in proof) return 'passkey';
  return proof.code.length === totpDigits ? 'mfa' : 'backup-code';
};

export interface ProofTools {
  readonly backupCodes: BackupCodes;
  readonly challenges: Challenges;
  readonly relyingParty: RelyingParty;
}

/** Whose passkey is asked for, what its answer is good for, and whether it must know its owner. */
export interface Asked {
  readonly userId: UserId;
  readonly bond: Bond;
  readonly userVerification: 'required' | 'preferred';
}

/** Reads what people show as what the domain judges: here the arithmetic, there whether it still counts. */
export class Proofs {
  constructor(readonly tools: ProofTools) {}

  /** A second factor that is shown in a session. */
  async read(proof: identity.Proof, who: InSession, state: State): Promise<Proof> {
    if ('code' in proof) return this.code(proof.code, who.userId, state);
    const bond: Bond = { purpose: 'show', holder: holderOf(who) };
    return await this.passkey(proof.passkey, { userId: who.userId, bond, userVerification: 'preferred' }, state);
  }

  private code(code: string, userId: UserId, { authenticator }: State): Proof {
    const { backupCodes } = this.tools;
    if (code.length !== totpDigits) return { kind: 'backup-code', hash: backupCodes.hashOf(userId, code) };
    if (!authenticator) return wrongCode;
    const { enrolmentId, secret } = authenticator;
    return { kind: 'code', enrolmentId, steps: stepsOf(code, secret, systemClock.now()) };
  }

  async passkey(passkey: identity.PasskeyAssertion, { userId, bond, userVerification }: Asked, { passkeys }: State): Promise<Proof> {
    const { challenges, relyingParty } = this.tools;
    const { clientDataJSON, userHandle } = passkey.response;
    const challenge = clientDataOf(clientDataJSON)?.challenge ?? '';
    const answered = challenges.read(challenge, bond);
    const known = passkeys.find(({ credentialId }) => credentialId === passkey.id);
    if (!answered || !known || (userHandle != null && userHandle !== handleOf(userId))) return refused;
    const counter = await relyingParty.signed(passkey, known, { challenge, userVerification });
    return counter === undefined ? refused : { kind: 'passkey', credentialId: known.credentialId, counter, ...answered };
  }
}
