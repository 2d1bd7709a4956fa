import type { Instant } from '@orrery/contracts';
import type { Letter } from './letter.ts';

/** Whom a letter is for, and where the platform is reached. */
export interface Envelope {
  readonly to: string;
  readonly publicUrl: string;
}

export interface Ticket extends Envelope {
  readonly token: string;
  readonly expiresAt: Instant;
}

export const until = (at: Instant): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

const withTicket = (page: string, { publicUrl, token, expiresAt }: Ticket): readonly string[] => [
  `${publicUrl}/${page}#${token}`,
  '',
  'or use this token with your client:',
  '',
  token,
  '',
  `It works once, until ${until(expiresAt)}.`,
];

export const letter = (to: string, subject: string, lines: readonly string[]): Letter => ({ to, subject, text: `${lines.join('\n')}\n` });

export const verificationLetter = (ticket: Ticket): Letter =>
  letter(ticket.to, 'Confirm your e-mail address', [
    'Somebody signed up with this address. If it was you, confirm that the address is yours:',
    '',
    ...withTicket('verify-email', ticket),
    'If it was not you, you need do nothing: without this token nobody can confirm your address.',
  ]);

export const resetLetter = (ticket: Ticket): Letter =>
  letter(ticket.to, 'Choose a new password', [
    'Somebody asked for a new password for the account with this address. If it was you, choose one:',
    '',
    ...withTicket('reset-password', ticket),
    'If it was not you, you need do nothing: your password stays as it is.',
  ]);

export const addressChangedLetter = ({ to }: Envelope, at: Instant): Letter =>
  letter(to, 'Your e-mail address was changed', [
    `Since ${until(at)} your account has another e-mail address. An administrator of this platform changed it, and letters go there now.`,
    '',
    'If you know nothing of it, ask those who run this platform.',
  ]);

export const identityLinkedLetter = ({ to, publicUrl }: Envelope, issuer: string, at: Instant): Letter =>
  letter(to, 'Another way to sign in was added', [
    `Since ${until(at)} somebody whom ${issuer} vouches for can sign in to your account.`,
    '',
    'If it was not you, choose a new password at once, and unlink it:',
    `${publicUrl}/reset-password`,
  ]);

export const signUpAgainLetter = ({ to, publicUrl }: Envelope): Letter =>
  letter(to, 'You have an account already', [
    'Somebody tried to sign up with this address, which has an account already. If it was you, log in instead.',
    '',
    'If you have forgotten the password, choose a new one:',
    `${publicUrl}/reset-password`,
    '',
    'If it was not you, you need do nothing.',
  ]);

export const deactivatedLetter = ({ to }: Envelope): Letter =>
  letter(to, 'Your account was deactivated', [
    'Your account was deactivated: nobody can log in with it, and its sessions and keys open nothing any more.',
    '',
    'Those who run this platform can activate it again.',
  ]);

export const deletedLetter = ({ to }: Envelope): Letter =>
  letter(to, 'Your account was deleted', [
    'Your account was deleted, and with it everything in which you can be recognised. This cannot be undone.',
    '',
    'This is the last letter that you get from us.',
  ]);
