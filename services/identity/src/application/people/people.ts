import { identity, type OrgId, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import { addressOf } from '../../domain/users/no-address.ts';
import { members } from '../../views/orgs/members.view.ts';
import { whereaboutsOf } from '../../views/orgs/memberships.ts';
import { administrators } from '../../views/people/administrators.view.ts';
import { findById, type Person, users } from '../../views/people.view.ts';
import type { Numbers } from './numbers.ts';

interface LogIn {
  readonly userId: UserId;
  readonly at: Date;
}

const lastLogIns = 'SELECT user_id AS "userId", max(created_at) AS at FROM sessions WHERE user_id = ANY($1::uuid[]) GROUP BY user_id';
const notFound = { code: 'UserNotFound', details: {} } as const;

/** People as those see them who look after the installation. */
export class People {
  constructor(
    readonly store: EventStore,
    private readonly numbers: Numbers,
  ) {}

  /** By id, or by number. */
  async find(ref: string): Promise<Person> {
    const isNumber = /^\d+$/.test(ref);
    const id = UserId.safeParse(isNumber ? await this.numbers.idOf('user', Number(ref)) : ref);
    return (id.success ? await findById(this.store, id.data) : undefined) ?? refuse(notFound);
  }

  async list({ limit, offset }: { readonly limit: number; readonly offset: number }, orgId: OrgId | undefined) {
    const reader = this.store.read(users);
    const [rows, total] = await Promise.all([reader.list({ order: { by: ['createdAt'] }, limit, offset }), reader.count()]);
    return { items: [...(await this.shown(rows, orgId))], total };
  }

  /** As they are now, in the organization that the request is about. */
  async get(id: UserId, orgId: OrgId | undefined): Promise<identity.PersonView> {
    const person = await findById(this.store, id);
    const [shown] = person ? await this.shown([person], orgId) : [];
    return shown ?? refuse(notFound);
  }

  /** In the organization that is meant where a request names none. */
  async shownAtHome(person: Person): Promise<identity.PersonView> {
    const { defaults } = await whereaboutsOf(this.store, [person.id]);
    return await this.get(person.id, defaults.get(person.id));
  }

  private async shown(rows: readonly Person[], orgId: OrgId | undefined): Promise<readonly identity.PersonView[]> {
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return [];
    const { store } = this;
    const among = { where: { userId: { in: ids } }, limit: ids.length };
    const [numbers, appointed, joined, logIns] = await Promise.all([
      this.numbers.of('user', ids),
      store.read(administrators).list({ ...among, order: { by: ['userId'] } }),
      orgId === undefined ? [] : store.read(members).list({ ...among, where: { ...among.where, orgId }, order: { by: ['userId'] } }),
      store.pool.query<LogIn>(lastLogIns, [ids]),
    ]);
    const isAdministrator = new Set(appointed.map(({ userId }) => userId));
    const roles = new Map(joined.map(({ userId, role }) => [userId, role]));
    const lastAt = new Map(logIns.rows.map(({ userId, at }) => [userId, at.toISOString()]));
    return rows.map(({ id, username, email, name, isActive, createdAt }) => ({
      id,
      number: identity.Numbered.parse(numbers.get(id)),
      username,
      email: addressOf(email),
      name,
      isActive,
      isAdministrator: isAdministrator.has(id),
      role: roles.get(id) ?? null,
      createdAt,
      lastLogInAt: lastAt.get(id) ?? null,
    }));
  }
}
