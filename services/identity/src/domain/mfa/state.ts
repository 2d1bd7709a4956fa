import { epochOf, type Instant, type identity } from '@orrery/contracts';

export type Event = Extract<
  identity.IdentityEvent,
  { type: `Mfa${string}` | `Authenticator${string}` | 'TotpStepUsed' | `BackupCode${string}` | `Passkey${string}` }
>;

export interface Authenticator {
  readonly enrolmentId: identity.EnrolmentId;
  /** Base 32. */
  readonly secret: string;
  /** The highest time step whose code was taken; −1 before the first. */
  readonly lastStep: number;
}

export interface Offer {
  readonly enrolmentId: identity.EnrolmentId;
  readonly secret: string;
  readonly backupHashes: readonly string[];
  readonly at: Instant;
}

export interface Passkey {
  readonly passkeyId: identity.PasskeyId;
  readonly name: string;
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
}

export interface Spent {
  readonly challenge: string;
  readonly expiresAt: Instant;
}

/** Everything that a person can show beside a password. The parts come and go without each other. */
export interface State {
  readonly authenticator: Authenticator | null;
  /** An app that was offered a secret and has not shown a code of it yet. */
  readonly offer: Offer | null;
  readonly backupHashes: readonly string[];
  readonly passkeys: readonly Passkey[];
  /** Challenges that were answered and have not expired. */
  readonly spent: readonly Spent[];
}

export const initial: State = { authenticator: null, offer: null, backupHashes: [], passkeys: [], spent: [] };

/** A second factor is owed as soon as there is one. Backup codes alone are none: they stand in for one that was lost. */
export const isOn = ({ authenticator, passkeys }: Pick<State, 'authenticator' | 'passkeys'>): boolean =>
  authenticator !== null || passkeys.length > 0;

const unexpired = (spent: readonly Spent[], at: Instant): readonly Spent[] =>
  spent.filter(({ expiresAt }) => epochOf(expiresAt) > epochOf(at));

const confirmed = (state: State, enrolmentId: identity.EnrolmentId): State => {
  const secret = state.offer?.enrolmentId === enrolmentId ? state.offer.secret : '';
  return { ...state, offer: null, authenticator: { enrolmentId, secret, lastStep: -1 } };
};

const changed = (state: State, passkeyId: identity.PasskeyId, change: Partial<Passkey>): State => ({
  ...state,
  passkeys: state.passkeys.map((passkey) => (passkey.passkeyId === passkeyId ? { ...passkey, ...change } : passkey)),
});

export const evolve = (state: State, event: Event): State => {
  switch (event.type) {
    case 'AuthenticatorOffered': {
      const { enrolmentId, secret, backupHashes, at } = event.data;
      return { ...state, offer: { enrolmentId, secret, backupHashes, at } };
    }
    case 'AuthenticatorConfirmed':
      return confirmed(state, event.data.enrolmentId);
    case 'TotpStepUsed':
      return state.authenticator ? { ...state, authenticator: { ...state.authenticator, lastStep: event.data.step } } : state;
    case 'BackupCodesHashed':
      return { ...state, backupHashes: event.data.hashes };
    case 'BackupCodeSpent':
      return { ...state, backupHashes: state.backupHashes.filter((hash) => hash !== event.data.hash) };
    case 'PasskeyAdded': {
      const { passkeyId, name } = event.data;
      return { ...state, passkeys: [...state.passkeys, { passkeyId, name, credentialId: '', publicKey: '', counter: 0, transports: [] }] };
    }
    case 'PasskeyKept': {
      const { passkeyId, credentialId, publicKey, counter, transports } = event.data;
      return changed(state, passkeyId, { credentialId, publicKey, counter, transports });
    }
    case 'PasskeyUsed':
      return changed(state, event.data.passkeyId, { counter: event.data.counter });
    case 'PasskeyRenamed':
      return changed(state, event.data.passkeyId, { name: event.data.name });
    case 'PasskeyRemoved':
      return { ...state, passkeys: state.passkeys.filter(({ passkeyId }) => passkeyId !== event.data.passkeyId) };
    case 'PasskeyChallengeSpent': {
      const { challenge, expiresAt, at } = event.data;
      return { ...state, spent: [...unexpired(state.spent, at), { challenge, expiresAt }] };
    }
    case 'MfaDisabled':
      return { ...state, authenticator: null, offer: null, backupHashes: [] };
    case 'MfaEnabled':
    case 'BackupCodesIssued':
    case 'BackupCodeUsed':
    case 'PasskeyCloneSuspected':
      return state;
  }
};
