import type { Instant, identity } from '@orrery/contracts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Occasion {
  readonly to: string;
  readonly org: string;
  readonly space: string | null;
  readonly role: identity.InvitableRole | null;
  readonly token: string;
  readonly expiresAt: Instant;
  /** Where the platform is reached. */
  readonly publicUrl: string;
}

/** What people called an organization goes into a letter in one line, so that nobody writes letters of their own with it. */
const quoted = (name: string): string => `"${name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/"/g, "'")}"`;

/** Plain text: nothing in it is a link but our own. */
export const inviteLetter = ({ to, org, space, role, token, expiresAt, publicUrl }: Occasion): Letter => {
  const place = space === null ? quoted(org) : `the space ${quoted(space)} of ${quoted(org)}`;
  const url = `${publicUrl.replace(/\/+$/, '')}/invite#${token}`;
  return {
    to,
    subject: `You are invited to ${place}`,
    text: [
      `You are invited to join ${place}${role === null ? '' : ` as ${role}`}.`,
      '',
      `To accept or decline, open ${url}`,
      'or use this token with your client:',
      '',
      token,
      '',
      `It is for ${to}, works once, and only until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC.`,
      'If you do not know who invited you, you need do nothing.',
    ].join('\n'),
  };
};
