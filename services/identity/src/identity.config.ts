import { serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';

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
});
export type IdentityConfig = Readonly<z.output<typeof IdentityConfig>>;
