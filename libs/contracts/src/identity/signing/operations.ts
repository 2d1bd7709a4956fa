import { z } from 'zod';
import { command } from '../../define.ts';
import { Instant } from '../../values.ts';

export const RotateSigningKey = command({
  subject: 'identity.rotate-signing-key',
  summary: 'Sign access tokens with a new key; where a key is compromised, at once, and no token of before is believed any more',
  http: 'POST /signing-keys',
  created: true,
  access: 'operator',
  input: z.strictObject({ isCompromised: z.boolean().default(false) }),
  output: z.strictObject({ kid: z.string(), activeAt: Instant }),
  refusals: {},
});
