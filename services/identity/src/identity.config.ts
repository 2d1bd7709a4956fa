import { known, serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';

const origins = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(z.url({ protocol: /^https?$/ })));

export const IdentityConfig = z.object({
  ...serviceVariables('identity'),
  hashesAtOnce: variable('ORRERY_IDENTITY_HASHES_AT_ONCE', z.coerce.number().int().min(1).max(64).default(2), {
    says: 'how many passwords are hashed side by side; each takes a thread and 19 MiB',
    example: '2',
  }),
  hashesWaiting: variable('ORRERY_IDENTITY_HASHES_WAITING', z.coerce.number().int().min(0).max(10_000).default(64), {
    says: 'how many passwords may wait to be hashed before more are refused',
    example: '64',
  }),
  publicUrl: known.publicUrl,
  passkeyOrigins: variable('ORRERY_PASSKEY_ORIGINS', origins, {
    says: 'where else than at the public URL pages of this platform are served that may use its passkeys, separated by commas',
    example: 'https://console.orrery.example.com',
  }),
  passkeyDomain: variable(
    'ORRERY_PASSKEY_DOMAIN',
    z
      .string()
      .regex(/^[a-z0-9.-]+$/, 'no domain in lower case')
      .optional(),
    {
      says: 'the domain that passkeys belong to, where it is not the host of the public URL; passkeys made for another one are lost',
      example: 'example.com',
    },
  ),
});
export type IdentityConfig = Readonly<z.output<typeof IdentityConfig>>;
