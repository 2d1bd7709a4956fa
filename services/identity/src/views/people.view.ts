import type { identity } from '@orrery/contracts';
import { type EventStore, type Fact, instant, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';

export const users = view({
  name: 'users',
  table: 'users',
  columns: {
    id: uuid<identity.UserView['id']>(),
    email: text(),
    name: nullable(text()),
    passwordHash: nullable(text()),
    createdAt: instant(),
  },
  key: ['id'],
  indexes: [['email']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'UserSignedUp': {
        const { userId: id, email, name, at: createdAt } = event.data;
        return [{ put: { id, email, name, passwordHash: null, createdAt } }];
      }
      case 'PasswordSet': {
        const { userId: id, passwordHash } = event.data;
        return [{ patch: { id }, set: { passwordHash } }];
      }
      default:
        return [];
    }
  },
});

export type Person = TableRow<typeof users>;

export const findByEmail = (store: EventStore, email: string): Promise<Person | undefined> => store.read(users).one({ email });

export const findById = (store: EventStore, id: Person['id']): Promise<Person | undefined> => store.read(users).one({ id });
