import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf, Text, UserId } from '../../values.ts';
import { Tokens } from '../sessions/types.ts';
import {
  MfaView,
  NewPasskey,
  PasskeyAssertion,
  PasskeyCreation,
  PasskeyId,
  PasskeyName,
  PasskeyRequest,
  PasskeyView,
  Proof,
  TotpCode,
} from './types.ts';

/** While the second factor is on, whatever changes it takes one; `SecondFactorNotProven` says that none was sent. */
const proven = { SecondFactorNotProven: 403, WrongCode: 400, PasskeyRefused: 400, TooManyTries: 429 } as const;
const BackupCodes = z.array(z.string().length(8));

export const GetMfa = query({
  subject: 'identity.get-mfa',
  summary: 'The second factors of the person who calls',
  http: 'GET /me/mfa',
  access: 'session',
  input: z.strictObject({}),
  output: MfaView,
  refusals: {},
});

export const EnrollAuthenticator = command({
  subject: 'identity.enroll-authenticator',
  summary: 'Get a secret for an authenticator app, and backup codes; both count once a code of the app has confirmed them',
  http: 'POST /me/mfa/authenticator',
  access: 'user',
  input: z.strictObject({ proof: Proof.optional() }),
  output: z.strictObject({
    /** Base 32, for typing. */
    secret: z.string(),
    otpauthUrl: z.string(),
    /** The same as an image, as a `data:` URL. */
    qrCode: z.string(),
    backupCodes: BackupCodes,
  }),
  refusals: proven,
  secret: true,
});

export const ConfirmAuthenticator = command({
  subject: 'identity.confirm-authenticator',
  summary: 'Show that the app works: from now on a second factor is owed',
  http: 'POST /me/mfa/authenticator/confirm',
  access: 'user',
  input: z.strictObject({ code: TotpCode }),
  output: z.strictObject({}),
  refusals: { AuthenticatorNotOffered: 409, WrongCode: 400, TooManyTries: 429 },
});

export const ShowSecondFactor = command({
  subject: 'identity.show-second-factor',
  summary: 'Complete the log-in of this session',
  http: 'POST /sessions/current/second-factor',
  access: 'session',
  input: z.strictObject({ proof: Proof }),
  output: z.strictObject({ backupCodesLeft: z.int().min(0) }),
  refusals: { MfaNotEnabled: 409, SessionNotFound: 404, WrongCode: 400, PasskeyRefused: 400, TooManyTries: 429 },
});

export const DisableMfa = command({
  subject: 'identity.disable-mfa',
  summary: 'Remove every second factor: the app, the backup codes and the passkeys',
  http: 'POST /me/mfa/disable',
  access: 'user',
  input: z.strictObject({ proof: Proof.optional() }),
  output: z.strictObject({}),
  refusals: { ...proven, MfaNotEnabled: 409 },
});

export const ResetMfa = command({
  subject: 'identity.reset-mfa',
  summary: 'Remove every second factor of a person who has lost them all, and end their sessions',
  http: 'POST /users/{userId}/mfa/reset',
  access: 'operator',
  input: z.strictObject({ userId: UserId }),
  output: z.strictObject({}),
  refusals: { MfaNotEnabled: 409 },
});

export const RegenerateBackupCodes = command({
  subject: 'identity.regenerate-backup-codes',
  summary: 'Get new backup codes; all older ones are dead',
  http: 'POST /me/mfa/backup-codes',
  access: 'user',
  input: z.strictObject({ proof: Proof.optional() }),
  output: z.strictObject({ backupCodes: BackupCodes }),
  refusals: { ...proven, MfaNotEnabled: 409 },
  secret: true,
});

export const ChallengePasskey = query({
  subject: 'identity.challenge-passkey',
  summary: 'What a passkey must sign to be a second factor in this session',
  http: 'POST /sessions/current/passkey-challenge',
  access: 'session',
  input: z.strictObject({}),
  output: PasskeyRequest,
  refusals: { PasskeyNotFound: 404 },
});

export const BeginPasskey = command({
  subject: 'identity.begin-passkey',
  summary: 'What a browser needs to make a passkey',
  http: 'POST /me/passkeys/begin',
  access: 'user',
  input: z.strictObject({ proof: Proof.optional() }),
  output: PasskeyCreation,
  refusals: { ...proven, TooManyPasskeys: 409, UserNotFound: 404 },
});

export const AddPasskey = command({
  subject: 'identity.add-passkey',
  summary: 'Keep the passkey that was made; the first second factor brings backup codes with it',
  http: 'POST /me/passkeys',
  created: true,
  access: 'user',
  input: z.strictObject({ name: PasskeyName, passkey: NewPasskey }),
  output: PasskeyView.extend({ backupCodes: BackupCodes.nullable() }),
  refusals: { PasskeyRefused: 400, PasskeyAlreadyAdded: 409, TooManyPasskeys: 409, TooManyTries: 429 },
  secret: true,
});

export const ListPasskeys = query({
  subject: 'identity.list-passkeys',
  summary: 'The passkeys of the person who calls',
  http: 'GET /me/passkeys',
  access: 'user',
  input: PageRequest,
  output: pageOf(PasskeyView),
  refusals: {},
});

export const RenamePasskey = command({
  subject: 'identity.rename-passkey',
  summary: 'Give a passkey another name',
  http: 'PATCH /me/passkeys/{passkeyId}',
  access: 'user',
  input: z.strictObject({ passkeyId: PasskeyId, name: PasskeyName }),
  output: z.strictObject({}),
  refusals: { PasskeyNotFound: 404 },
});

export const RemovePasskey = command({
  subject: 'identity.remove-passkey',
  summary: 'Remove a passkey; with the last second factor goes the need for one',
  http: 'POST /me/passkeys/{passkeyId}/remove',
  access: 'user',
  input: z.strictObject({ passkeyId: PasskeyId, proof: Proof.optional() }),
  output: z.strictObject({}),
  refusals: { ...proven, PasskeyNotFound: 404 },
});

export const BeginPasskeyLogIn = query({
  subject: 'identity.begin-passkey-log-in',
  summary: 'What any passkey of this platform must sign to log its owner in; the ticket stays with the browser that asks',
  http: 'POST /sessions/passkey/begin',
  access: 'public',
  input: z.strictObject({}),
  output: z.strictObject({ ticket: z.string(), options: PasskeyRequest }),
  refusals: {},
});

export const LogInWithPasskey = command({
  subject: 'identity.log-in-with-passkey',
  summary: 'Exchange what a passkey signed for tokens: it is both factors at once',
  http: 'POST /sessions/passkey',
  access: 'public',
  input: z.strictObject({ ticket: Text.max(100), passkey: PasskeyAssertion }),
  output: Tokens,
  refusals: { PasskeyRefused: 401, UserDeactivated: 403, EmailNotVerified: 403, TooManyTries: 429 },
  secret: true,
});
