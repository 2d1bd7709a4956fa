import type { identity, UserId } from '@orrery/contracts';
import { boolean, type EventStore, type Fact, instant, integer, nullable, uuid, view } from '@orrery/event-store';
import { passkeys } from './passkeys.view.ts';

export const secondFactors = view({
  name: 'second-factors',
  table: 'second_factors',
  columns: {
    userId: uuid<UserId>(),
    isEnabled: boolean(),
    enabledAt: nullable(instant()),
    hasAuthenticator: boolean(),
    backupCodesLeft: integer(),
  },
  key: ['userId'],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    const from = { isEnabled: false, enabledAt: null, hasAuthenticator: false };
    switch (event.type) {
      case 'MfaEnabled': {
        const { userId, at: enabledAt } = event.data;
        return [{ patch: { userId }, set: { isEnabled: true, enabledAt }, from }];
      }
      case 'MfaDisabled':
        return [{ put: { ...from, userId: event.data.userId, backupCodesLeft: 0 } }];
      case 'AuthenticatorConfirmed':
        return [{ patch: { userId: event.data.userId }, set: { hasAuthenticator: true }, from }];
      case 'BackupCodesIssued':
        return [{ patch: { userId: event.data.userId }, set: { backupCodesLeft: event.data.count }, from }];
      case 'BackupCodeUsed':
        return [{ patch: { userId: event.data.userId }, set: { backupCodesLeft: event.data.remaining }, from }];
      default:
        return [];
    }
  },
});

const none = { isEnabled: false, enabledAt: null, hasAuthenticator: false, backupCodesLeft: 0 };

/** What a person could show beside a password. */
export const mfaOf = async (store: EventStore, userId: UserId): Promise<identity.MfaView> => {
  const [row, count] = await Promise.all([store.read(secondFactors).one({ userId }), store.read(passkeys).count({ userId })]);
  const { isEnabled, enabledAt, hasAuthenticator, backupCodesLeft } = row ?? none;
  return { isEnabled, enabledAt, hasAuthenticator, backupCodesLeft, passkeys: count };
};
