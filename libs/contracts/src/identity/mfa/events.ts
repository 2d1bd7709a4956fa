import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { EnrolmentId, PasskeyId } from './types.ts';

const person = { userId: UserId, at: Instant };
const passkey = { userId: UserId, passkeyId: PasskeyId };

export const MfaEvents = events(
  'identity',
  {
    /** From now on a password alone opens nothing. */
    MfaEnabled: z.strictObject({ ...person, by: z.enum(['authenticator', 'passkey']) }),
    /** No second factor is left, and none is owed. */
    MfaDisabled: z.strictObject(person),
    /** An authenticator app is in force; it replaces the one before it. */
    AuthenticatorConfirmed: z.strictObject({ ...person, enrolmentId: EnrolmentId }),
    /** New backup codes are in force, and all older ones are dead. */
    BackupCodesIssued: z.strictObject({ ...person, count: z.int().positive() }),
    BackupCodeUsed: z.strictObject({ ...person, remaining: z.int().min(0) }),
    PasskeyAdded: z.strictObject({ ...passkey, name: z.string(), at: Instant }),
    PasskeyRenamed: z.strictObject({ ...passkey, name: z.string(), at: Instant }),
    PasskeyRemoved: z.strictObject({ ...passkey, at: Instant }),
    /** Its counter did not rise: there may be two of it. It was refused. */
    PasskeyCloneSuspected: z.strictObject({ ...passkey, at: Instant }),

    AuthenticatorOffered: z.strictObject({
      ...person,
      enrolmentId: EnrolmentId,
      /** Base 32. */
      secret: z.string(),
      backupHashes: z.array(z.string()),
    }),
    /** The code of this time step was taken, and no code of it or an earlier one ever is again. */
    TotpStepUsed: z.strictObject({ ...person, enrolmentId: EnrolmentId, step: z.int().min(0) }),
    BackupCodesHashed: z.strictObject({ ...person, hashes: z.array(z.string()) }),
    BackupCodeSpent: z.strictObject({ ...person, hash: z.string() }),
    PasskeyKept: z.strictObject({
      ...passkey,
      credentialId: z.string(),
      /** COSE, base64url. */
      publicKey: z.string(),
      counter: z.int().min(0),
      transports: z.array(z.string()),
      at: Instant,
    }),
    PasskeyUsed: z.strictObject({ ...passkey, counter: z.int().min(0), at: Instant }),
    /** A challenge was answered; it is remembered until it would have expired. */
    PasskeyChallengeSpent: z.strictObject({ ...person, challenge: z.string(), expiresAt: Instant }),
  },
  {
    PasskeyAdded: { personal: { of: 'userId', fields: ['name'] } },
    PasskeyRenamed: { personal: { of: 'userId', fields: ['name'] } },
    AuthenticatorOffered: { isPrivate: true, personal: { of: 'userId', fields: ['secret'] } },
    TotpStepUsed: { isPrivate: true },
    BackupCodesHashed: { isPrivate: true },
    BackupCodeSpent: { isPrivate: true },
    PasskeyKept: { isPrivate: true, personal: { of: 'userId', fields: ['credentialId', 'publicKey'] } },
    PasskeyUsed: { isPrivate: true },
    PasskeyChallengeSpent: { isPrivate: true },
  },
);
