import type { identity, OrgRole } from '@orrery/contracts';
import { boolean, type Fact, instant, nullable, select, type TableRow, text, uuid, view } from '@orrery/event-store';
import type { DataSource } from 'typeorm';

export const users = view({
  name: 'users',
  table: 'users',
  columns: { id: uuid<identity.UserView['id']>(), email: text(), name: nullable(text()), passwordHash: text(), createdAt: instant() },
  key: ['id'],
  indexes: [['email']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type !== 'UserSignedUp') return [];
    const { userId: id, email, name, passwordHash, at: createdAt } = event.data;
    return [{ put: { id, email, name, passwordHash, createdAt } }];
  },
});

export const members = view({
  name: 'members',
  table: 'members',
  columns: {
    orgId: uuid<identity.OrgView['id']>(),
    userId: uuid<identity.UserView['id']>(),
    role: text<OrgRole>(),
    isDefault: boolean(),
    joinedAt: instant(),
  },
  key: ['orgId', 'userId'],
  indexes: [['userId']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type !== 'MemberJoined') return [];
    const { at: joinedAt, ...member } = event.data;
    return [{ put: { ...member, joinedAt } }];
  },
});

export type Person = TableRow<typeof users>;

export const findByEmail = async (database: DataSource, email: string): Promise<Person | undefined> => {
  const [found] = await select(database, users, { text: 'WHERE email = $1', values: [email] });
  return found;
};

export const findById = async (database: DataSource, id: string): Promise<Person | undefined> => {
  const [found] = await select(database, users, { text: 'WHERE id = $1', values: [id] });
  return found;
};
