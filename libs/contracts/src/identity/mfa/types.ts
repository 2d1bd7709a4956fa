import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, NameText, Text } from '../../values.ts';

/** One time that an authenticator app was offered a secret. */
export const EnrolmentId = id('EnrolmentId');
export type EnrolmentId = z.infer<typeof EnrolmentId>;

export const PasskeyId = id('PasskeyId');
export type PasskeyId = z.infer<typeof PasskeyId>;

/** People copy codes with the blanks and hyphens they see, and in any case. */
const plain = (typed: string): string => typed.replace(/[ -]/g, '').toUpperCase();

/** Six digits of an authenticator app. */
export const TotpCode = z
  .string()
  .max(32)
  .regex(/^ *(?:\d[ -]*){6}$/, 'not six digits')
  .transform(plain);

/** Six digits of an authenticator app, or a backup code of eight characters. */
export const MfaCode = z
  .string()
  .max(32)
  .regex(/^ *(?:(?:\d[ -]*){6}|(?:[0-9A-Za-z][ -]*){8})$/, 'neither six digits nor a backup code of eight characters')
  .transform(plain);

const base64url = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[\w-]+$/, 'not base64url');
const CredentialId = base64url(1_400);

const credential = { id: CredentialId, rawId: CredentialId, type: z.literal('public-key') };

/** What `navigator.credentials.create` gave, as `toJSON()` writes it; what else a browser adds is not read. */
export const NewPasskey = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8_000),
    attestationObject: base64url(32_000),
    transports: z.array(Text.max(20)).max(10).optional(),
  }),
});
export type NewPasskey = z.infer<typeof NewPasskey>;

/** What `navigator.credentials.get` gave, as `toJSON()` writes it; what else a browser adds is not read. */
export const PasskeyAssertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8_000),
    authenticatorData: base64url(8_000),
    signature: base64url(8_000),
    userHandle: base64url(200).nullish(),
  }),
});
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>;

/** A second factor, shown now: a code, or a passkey that signed a challenge of this session. */
export const Proof = z.union([z.strictObject({ code: MfaCode }), z.strictObject({ passkey: PasskeyAssertion })]);
export type Proof = z.infer<typeof Proof>;

const KnownCredential = z.strictObject({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()) });
const UserVerification = z.enum(['required', 'preferred']);

/** For `PublicKeyCredential.parseCreationOptionsFromJSON`. */
export const PasskeyCreation = z.strictObject({
  challenge: z.string(),
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })),
  excludeCredentials: z.array(KnownCredential),
  authenticatorSelection: z.strictObject({ residentKey: UserVerification, userVerification: UserVerification }),
  attestation: z.literal('none'),
  timeout: z.int().positive(),
});
export type PasskeyCreation = z.infer<typeof PasskeyCreation>;

/** For `PublicKeyCredential.parseRequestOptionsFromJSON`. */
export const PasskeyRequest = z.strictObject({
  challenge: z.string(),
  rpId: z.string(),
  allowCredentials: z.array(KnownCredential),
  userVerification: UserVerification,
  timeout: z.int().positive(),
});
export type PasskeyRequest = z.infer<typeof PasskeyRequest>;

export const PasskeyName = NameText.min(1).max(100);

export const PasskeyView = z
  .strictObject({
    id: PasskeyId,
    name: z.string(),
    createdAt: Instant,
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: 'Passkey' });
export type PasskeyView = z.infer<typeof PasskeyView>;

export const MfaView = z
  .strictObject({
    /** Whether a second factor is owed after a password. */
    isEnabled: z.boolean(),
    enabledAt: Instant.nullable(),
    hasAuthenticator: z.boolean(),
    passkeys: z.int().min(0),
    backupCodesLeft: z.int().min(0),
  })
  .meta({ id: 'Mfa' });
export type MfaView = z.infer<typeof MfaView>;
