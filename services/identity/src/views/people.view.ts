import type { identity } from '@orrery/contracts';
import { boolean, type EventStore, type Fact, instant, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';

/** Two spellings of one username are one: what is allowed in it is plain ASCII. */
export const plain = (username: string): string => username.toLowerCase();

export const users = view({
  name: 'users',
  table: 'users',
  columns: {
    id: uuid<identity.UserView['id']>(),
    email: text(),
    name: nullable(text()),
    /** As it was written, and as it is compared. */
    username: nullable(text()),
    plainUsername: nullable(text()),
    passwordHash: nullable(text()),
    emailVerified: boolean(),
    isActive: boolean(),
    createdAt: instant(),
    /** Sessions that were opened with what counted before are not to be opened any more. */
    credentialsAt: instant(),
  },
  key: ['id'],
  indexes: [['email'], ['plainUsername'], ['createdAt', 'id']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'UserSignedUp': {
        const { userId: id, email, name, at } = event.data;
        const fresh = { username: null, plainUsername: null, passwordHash: null, emailVerified: false, isActive: true };
        return [{ put: { id, email, name, ...fresh, createdAt: at, credentialsAt: at } }];
      }
      case 'UsernameChosen': {
        const { userId: id, username } = event.data;
        return [{ patch: { id }, set: { username, plainUsername: plain(username) } }];
      }
      case 'EmailChanged':
        return [{ patch: { id: event.data.userId }, set: { email: event.data.email, emailVerified: true } }];
      case 'UserRenamed':
        return [{ patch: { id: event.data.userId }, set: { name: event.data.name } }];
      case 'PasswordSet': {
        const { userId: id, passwordHash, at: credentialsAt } = event.data;
        return [{ patch: { id }, set: { passwordHash, credentialsAt } }];
      }
      case 'PasswordRehashed':
        return [{ patch: { id: event.data.userId }, set: { passwordHash: event.data.passwordHash } }];
      case 'EmailVerified':
        return [{ patch: { id: event.data.userId }, set: { emailVerified: true } }];
      case 'UserDeactivated':
      case 'UserReactivated': {
        const { userId: id, at: credentialsAt } = event.data;
        return [{ patch: { id }, set: { isActive: event.type === 'UserReactivated', credentialsAt } }];
      }
      case 'UserDeleted':
        return [{ drop: { id: event.data.userId } }];
      default:
        return [];
    }
  },
});

export type Person = TableRow<typeof users>;

/** A person as others may see them. */
export const userView = ({ id, email, emailVerified, name, isActive, createdAt }: Person): identity.UserView => ({
  id,
  email,
  emailVerified,
  name,
  isActive,
  createdAt,
});

export const findByEmail = (store: EventStore, email: string): Promise<Person | undefined> => store.read(users).one({ email });

/** By username; what holds an `@` is an address. */
export const findByName = (store: EventStore, name: string): Promise<Person | undefined> => {
  const written = plain(name.normalize('NFKC').trim());
  return store.read(users).one(written.includes('@') ? { email: written } : { plainUsername: written });
};

export const findById = (store: EventStore, id: Person['id']): Promise<Person | undefined> => store.read(users).one({ id });
