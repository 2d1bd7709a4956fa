import { z } from 'zod';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, Text, UserId } from '../../values.ts';
import { Tokens } from '../sessions/types.ts';

/** Shown as it was written, compared without regard to capitals. No `@`: what has one is an address of e-mail. */
export const Username = Text.transform((name) => name.normalize('NFKC').trim())
  .pipe(
    z
      .string()
      .min(3)
      .max(50)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, hyphens and underscores'),
  )
  .meta({ id: 'Username' });

/** How somebody is called where ids are numbers: theirs for good, and nobody else's. */
export const Numbered = z.int().min(1);

/** A person by their id, or by their number. */
export const PersonRef = z.union([UserId, z.string().regex(/^\d{1,15}$/)]);

/** A person as those see them who look after the installation. */
export const PersonView = z
  .strictObject({
    id: UserId,
    number: Numbered,
    username: z.string().nullable(),
    /** Null: there is none. */
    email: z.string().nullable(),
    name: z.string().nullable(),
    isActive: z.boolean(),
    isAdministrator: z.boolean(),
    /** In the organization of the request; null where the person is no member there. */
    role: OrgRole.nullable(),
    createdAt: Instant,
    lastLogInAt: Instant.nullable(),
  })
  .meta({ id: 'Person' });
export type PersonView = z.infer<typeof PersonView>;

/** Where a person is a member, and as what. */
export const Membership = z.strictObject({ orgId: OrgId, role: OrgRole });
export type Membership = z.infer<typeof Membership>;

/** Tokens, and whose they are. */
export const SignedIn = z.strictObject({ tokens: Tokens, person: PersonView });
export type SignedIn = z.infer<typeof SignedIn>;
