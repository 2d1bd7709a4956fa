import { z } from 'zod';
import { id } from '../../define.ts';
import { NanosText } from '../../money.ts';
import { PermissionSchema } from '../../permissions.ts';
import { Instant, NameText, OrgId, Text, UserId } from '../../values.ts';
import { SpaceId } from '../spaces/types.ts';
import { AddressRange } from './address-range.ts';

export const ApiKeyId = id('ApiKeyId');
export type ApiKeyId = z.infer<typeof ApiKeyId>;

/** How the key is written: ours and Lyceum's, or LMStack's. The table of forms is `keyForms` of the credentials. */
export const ApiKeyForm = z.enum(['lk', 'lmsk']);
export type ApiKeyForm = z.infer<typeof ApiKeyForm>;

/** An id or name as it stands in a path. */
const ResourceId = Text.regex(/^[\x21-\x7e]{1,100}$/, 'an id or a name as it stands in the path');

/** Permissions, and what they hold for; without `resources` that is everything. */
export const KeyScope = z
  .strictObject({
    permissions: z.array(PermissionSchema).min(1).max(100),
    resources: z.array(ResourceId).min(1).max(100).optional(),
  })
  .meta({ id: 'KeyScope' });
export type KeyScope = z.infer<typeof KeyScope>;

/** All of it travels with every request that is made with the key. */
const mostThings = 200;
const thingsIn = (scopes: readonly KeyScope[]): number =>
  scopes.reduce((sum, { permissions, resources = [] }) => sum + permissions.length * resources.length, 0);

/** What narrows a key. Null narrows nothing, except `scopes`: a key without them may do what a member may. */
export const KeyRules = z.strictObject({
  scopes: z
    .array(KeyScope)
    .min(1)
    .max(50)
    .refine((scopes) => thingsIn(scopes) <= mostThings, `names more than ${mostThings} things, counted once for each permission`)
    .nullable(),
  /** Names of the models it may call. */
  models: z.array(Text.min(1).max(200)).min(1).max(200).nullable(),
  /** Where it may be used from. */
  addresses: z.array(AddressRange).min(1).max(100).nullable(),
  /** Tokens of prompts and completions in a calendar month, UTC. */
  monthlyTokens: z.int().min(0).nullable(),
  /** What may be spent with it in a calendar month, UTC. */
  monthlySpend: NanosText.refine((amount) => !amount.startsWith('-'), 'not less than zero').nullable(),
  /** The space it acts in where a request names none; narrows nothing. */
  spaceId: SpaceId.nullable(),
});
export type KeyRules = z.infer<typeof KeyRules>;

export const KeyName = NameText.min(1).max(255);
export const KeyDescription = Text.trim().max(1_000);

export const ApiKeyView = z
  .strictObject({
    id: ApiKeyId,
    /** Null: a key of its person, that acts wherever the person is a member. */
    orgId: OrgId.nullable(),
    /** Who answers for it: who made it, or gave it its present secret. It never holds more than they do. */
    userId: UserId,
    form: ApiKeyForm,
    name: z.string(),
    description: z.string().nullable(),
    /** Its first characters: eight, or with `lmsk_` all that are not secret. */
    prefix: z.string(),
    isActive: z.boolean(),
    ...KeyRules.shape,
    createdAt: Instant,
    expiresAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
    /** A few seconds behind. */
    lastUsedAt: Instant.nullable(),
    /** False: who answered for it is there no more, so it does not work until somebody else gives it a new secret. */
    isAnsweredFor: z.boolean(),
    /** Until when the secret before the present one works too. */
    formerSecretUntil: Instant.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof ApiKeyView>;

/** A key and its secret, which is shown this once. */
export const ShownApiKey = ApiKeyView.extend({ key: z.string() }).meta({ id: 'ShownApiKey' });
export type ShownApiKey = z.infer<typeof ShownApiKey>;

/** One way to present a key that works now: never the secret itself. */
export const KeySecret = z.strictObject({
  /** SHA-256 of the whole key, hex. */
  hash: z.string().length(64),
  /** Who answers for what is done with this secret. */
  userId: UserId,
  /** Null: until the key expires. */
  until: Instant.nullable(),
});
export type KeySecret = z.infer<typeof KeySecret>;

/** What a gateway must know of a key to let it in: value of the `identity-keys` snapshot, by key id. One that is not there does not work. */
export const KeySnapshot = z.strictObject({
  id: ApiKeyId,
  orgId: OrgId.nullable(),
  secrets: z.array(KeySecret),
  ...KeyRules.shape,
  expiresAt: Instant.nullable(),
});
export type KeySnapshot = z.infer<typeof KeySnapshot>;
