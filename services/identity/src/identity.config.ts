import { availableParallelism } from 'node:os';
import { identity } from '@orrery/contracts';
import { known, serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';
import { Issuers } from './application/external/issuer-config.ts';

const origins = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(z.url({ protocol: /^https?$/ })));

/** Whoever logs in must not take the time of those who are logged in. */
const halfOfTheCores = Math.max(1, Math.floor(availableParallelism() / 2));

export const IdentityConfig = z.object({
  ...serviceVariables('identity'),
  publicUrl: known.publicUrl,
  isDevelopment: known.isDevelopment,
  hashesAtOnce: variable('ORRERY_IDENTITY_HASHES_AT_ONCE', z.coerce.number().int().min(1).max(64).default(halfOfTheCores), {
    says: 'how many passwords are hashed side by side, half as many as there are cores where nothing is said; each takes a thread, half of a core and 19 MiB',
    example: '2',
  }),
  hashesWaiting: variable('ORRERY_IDENTITY_HASHES_WAITING', z.coerce.number().int().min(0).max(10_000).default(64), {
    says: 'how many passwords may wait to be hashed before more are refused',
    example: '64',
  }),
  defaultPlan: variable('ORRERY_DEFAULT_PLAN', identity.PlanName.optional(), {
    says: 'the plan of organizations that were put on none, the same as in the gateway',
    example: 'hobby',
  }),
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
  signInIssuers: variable('ORRERY_SIGN_IN_ISSUERS', Issuers, {
    says: 'the OpenID Connect issuers with which people may sign in, as a list in JSON; an issuer is believed about addresses of its domains',
    example: '[{"name":"work","issuer":"https://id.example.com","clientId":"orrery","clientSecret":"…","domains":["example.com"]}]',
    secret: true,
  }),
  signInOrigins: variable('ORRERY_SIGN_IN_ORIGINS', origins, {
    says: 'where else than to the public URL browsers may be sent when they have signed in, separated by commas',
    example: 'https://console.orrery.example.com',
  }),
  signingKeyDays: variable('ORRERY_SIGNING_KEY_DAYS', z.coerce.number().int().min(1).max(3_650).default(90), {
    says: 'after how many days another key signs access tokens',
    example: '90',
  }),
  verification: variable('ORRERY_EMAIL_VERIFICATION', z.enum(['optional', 'required']).default('optional'), {
    says: 'whether nobody may log in before they have shown that their address is theirs: optional or required',
    example: 'required',
  }),
  setup: variable('ORRERY_SETUP', z.enum(['open', 'closed']).default('open'), {
    says: 'who makes the first administrator: whoever comes first, where nobody has an account yet (open), or the operator alone (closed)',
    example: 'closed',
  }),
  smtpUrl: variable('ORRERY_SMTP_URL', z.url({ protocol: /^smtps?$/ }).optional(), {
    says: 'the URL of the server that takes e-mail; without one nobody gets any',
    example: 'smtps://user:password@mail.example.com',
    secret: true,
  }),
  mailFrom: variable('ORRERY_MAIL_FROM', z.string().min(3).max(320).optional(), {
    says: 'whom e-mail comes from; no-reply at the host of ORRERY_PUBLIC_URL where nothing is said',
    example: 'Orrery <no-reply@example.com>',
  }),
});
export type IdentityConfig = Readonly<z.output<typeof IdentityConfig>>;
