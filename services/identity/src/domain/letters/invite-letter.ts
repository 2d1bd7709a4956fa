import type { Instant, identity } from '@orrery/contracts';
import type { Letter } from './letter.ts';
import { quoted } from './quoted.ts';

export interface Invitation {
  readonly to: string;
  readonly org: string;
  readonly space: string | null;
  readonly role: identity.InvitableRole | null;
  readonly token: string;
  readonly expiresAt: Instant;
  /** Where the platform is reached. */
  readonly publicUrl: string;
}

export const inviteLetter = ({ to, org, space, role, token, expiresAt, publicUrl }: Invitation): Letter => {
  const place = space === null ? quoted(org) : `the space ${quoted(space)}`;
  const lines = [
    `You are invited to join ${place}${space === null ? '' : ` of ${quoted(org)}`}${role === null ? '' : ` as ${role}`}.`,
    'To accept or decline, open:',
    '',
    `${publicUrl}/invite#${token}`,
    '',
    'or use this token with your client:',
    '',
    token,
    '',
    `It is for ${to}, works once, and only until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC.`,
    'If you do not know who invited you, you need do nothing.',
  ];
  return { to, subject: `You are invited to ${place}`, text: `${lines.join('\n')}\n` };
};
