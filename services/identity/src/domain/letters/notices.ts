import type { identity } from '@orrery/contracts';
import { type Envelope, letter, until } from './account-letters.ts';
import { deviceOf } from './device.ts';
import type { Letter } from './letter.ts';
import { quoted } from './quoted.ts';

type Data = {
  readonly [E in identity.IdentityEvent as E['type']]: E['data'];
};

type Told =
  | 'MfaEnabled'
  | 'MfaDisabled'
  | 'AuthenticatorConfirmed'
  | 'PasskeyAdded'
  | 'PasskeyRemoved'
  | 'BackupCodesIssued'
  | 'PasswordChanged'
  | 'ApiKeyCreated'
  | 'ApiKeyRotated'
  | 'IdentityUnlinked'
  | 'BackupCodeUsed';
type Fact<T extends Told = Told> = { readonly [K in T]: { readonly type: K; readonly data: Data[K] } }[T];

/** Who did it, and from where. */
export type Scene =
  | { readonly by: 'person'; readonly network: string | undefined; readonly userAgent: string | undefined }
  | { readonly by: 'operator' };

interface Notice {
  readonly subject: string;
  /** After the time. */
  readonly what: string;
  /** To be done beside choosing a new password. */
  readonly remedy?: string;
}

/** What is told of, and how; null where it is not the person's own. Of facts that come together the first of these is. */
const notices: { readonly [T in Told]: (data: Data[T], by: Scene['by']) => Notice | null } = {
  MfaEnabled: ({ by }) => ({
    subject: 'Your second factor was switched on',
    what: `a second factor was switched on for your account, with ${by === 'passkey' ? 'a passkey' : 'an authenticator app'}.`,
    remedy: 'ask those who run this platform to reset the second factor',
  }),
  MfaDisabled: (_, by) =>
    by === 'operator'
      ? {
          subject: 'Your second factor was reset',
          what: 'every second factor of your account was removed, and its sessions were ended.',
          remedy: 'set up a second factor again',
        }
      : {
          subject: 'Your second factor was switched off',
          what: 'the second factor of your account was switched off, and its passkeys were removed.',
          remedy: 'switch it on again',
        },
  AuthenticatorConfirmed: () => ({
    subject: 'Another authenticator app is in force',
    what: 'an authenticator app was set up for your account. It replaces the one before, if there was one.',
    remedy: 'ask those who run this platform to reset the second factor',
  }),
  PasskeyAdded: ({ name }) => ({
    subject: 'A passkey was added',
    what: `the passkey ${quoted(name)} was added to your account.`,
    remedy: 'remove the passkey',
  }),
  PasskeyRemoved: () => ({ subject: 'A passkey was removed', what: 'a passkey was removed from your account.' }),
  BackupCodesIssued: () => ({
    subject: 'Your backup codes were replaced',
    what: 'new backup codes were made for your account, and the older ones are dead.',
    remedy: 'make new ones again',
  }),
  PasswordChanged: ({ reason }) => ({
    subject: 'Your password was changed',
    what: `the password of your account was ${reason === 'reset' ? 'reset, and all' : 'changed, and all other'} sessions were ended.`,
  }),
  ApiKeyCreated: ({ orgId, name }) =>
    orgId === null
      ? {
          subject: 'An API key was created',
          what: `the API key ${quoted(name)} was created, which acts in your name.`,
          remedy: 'revoke the key',
        }
      : null,
  ApiKeyRotated: ({ orgId }) =>
    orgId === null
      ? {
          subject: 'An API key got a new secret',
          what: 'an API key that acts in your name got a new secret.',
          remedy: 'revoke the key',
        }
      : null,
  IdentityUnlinked: () => ({
    subject: 'A way to sign in was removed',
    what: 'an account elsewhere was unlinked: nobody signs in to your account with it any more.',
    remedy: 'link it again',
  }),
  BackupCodeUsed: ({ remaining }) => ({
    subject: 'A backup code was used',
    what: `a backup code of your account was used. ${remaining === 0 ? 'None is left.' : `Left are ${remaining}.`}`,
    remedy: 'make new ones',
  }),
};

const saidOf = <T extends Told>({ type, data }: Fact<T>, by: Scene['by']): Notice | null => notices[type](data, by);

const isTold = (event: identity.IdentityEvent): event is Extract<identity.IdentityEvent, { type: Told }> =>
  Object.hasOwn(notices, event.type);

const order = Object.keys(notices);

const placeOf = (scene: Scene): string => {
  if (scene.by === 'operator') return 'Those who run this platform did it.';
  const { network = 'an unknown network', userAgent } = scene;
  return `It came from ${network}${userAgent === undefined ? '' : `, with ${deviceOf(userAgent)}`}.`;
};

/** The one letter that tells of what happened at once; undefined where nothing of it is to be told. */
export const noticeOf = (events: readonly identity.IdentityEvent[], { to, publicUrl }: Envelope, scene: Scene): Letter | undefined => {
  const [fact] = events.filter(isTold).toSorted((one, other) => order.indexOf(one.type) - order.indexOf(other.type));
  const notice = fact && saidOf(fact, scene.by);
  if (!notice) return undefined;
  const { subject, what, remedy } = notice;
  return letter(to, subject, [
    `At ${until(fact.data.at)} ${what}`,
    placeOf(scene),
    '',
    `If ${scene.by === 'person' ? 'it was not you' : 'you did not ask for it'}, choose a new password at once${remedy ? `, and ${remedy}` : ''}:`,
    `${publicUrl}/reset-password`,
  ]);
};
