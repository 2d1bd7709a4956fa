import { identity } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { Failed, refusal } from '../../failure.ts';
import { idOf } from '../row.ts';
import { type Json, Pages, Password, row } from './row.ts';

const roles = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof roles)[number];

/** Administrators are of the installation; what the others may is a matter of their organization. */
const roleOf = ({ isAdministrator, role }: Pick<identity.PersonView, 'isAdministrator' | 'role'>): Role => {
  if (isAdministrator) return 'admin';
  return role === 'owner' || role === 'admin' || role === 'member' ? 'operator' : 'viewer';
};

/** Operators look after keys and machines, which takes an admin of an organization; administrators own it together. */
const orgRoleOf = { viewer: 'viewer', operator: 'admin', admin: 'owner' } as const;

export const user = (person: identity.PersonView): { readonly [name: string]: Json } => ({
  id: person.number,
  // Whoever came by another way than this API may have no username: they log in with their address.
  username: person.username ?? person.email,
  email: person.email,
  display_name: person.name,
  role: roleOf(person),
  is_admin: person.isAdministrator,
  is_active: person.isActive,
  created_at: person.createdAt,
  last_login_at: person.lastLogInAt,
});

const unknownRole = (): never => {
  throw new Failed(refusal({ refusals: { UnknownRole: 400 } }, { code: 'UnknownRole', details: {} }));
};

interface Wished {
  readonly role?: string | null | undefined;
  readonly is_admin?: boolean | null | undefined;
}

/** Either spelling; undefined where neither says anything. */
const wishedRole = ({ role, is_admin: isAdmin }: Wished): Role | undefined => {
  if (role === undefined || role === null) return typeof isAdmin === 'boolean' ? (isAdmin ? 'admin' : 'operator') : undefined;
  return roles.find((each) => each === role) ?? unknownRole();
};

/** What a role comes to; in the organization in which the administrator acts, where there is one. */
const standing = (role: Role, orgId: string | undefined) => {
  const parsed = identity.Membership.shape.orgId.safeParse(orgId);
  const isAdministrator = role === 'admin';
  return parsed.success ? { isAdministrator, membership: { orgId: parsed.data, role: orgRoleOf[role] } } : { isAdministrator };
};

const given = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

type Path = Readonly<Record<string, string>>;
const refIn = (path: Path) => idOf(identity.PersonRef, path['user_id'], 'UserNotFound');
const whereOf = (orgId: string | undefined) => {
  const parsed = identity.Membership.shape.orgId.safeParse(orgId);
  return parsed.success ? { orgId: parsed.data } : {};
};
const names = { person: 'user_id', name: 'display_name', isActive: 'is_active' };
const described = {
  email: z.string().nullish(),
  display_name: z.string().nullish(),
  role: z.string().nullish(),
  is_admin: z.boolean().nullish(),
};

const rowsUnder = (base: string): readonly AnswerRoute[] => [
  row({
    method: 'GET',
    path: base,
    operations: [identity.ListPeople],
    query: Pages,
    answer: async (to, { query: { skip, limit }, caller: { orgId } }) => {
      const { items, total } = await to.ask(identity.ListPeople, { offset: skip, limit, ...whereOf(orgId) });
      return { items: items.map(user), total };
    },
  }),
  row({
    method: 'POST',
    path: base,
    operations: [identity.CreatePerson],
    body: z.object({ username: z.string().min(3).max(50), password: Password, ...described }),
    names,
    status: 201,
    answer: async (to, { body: { username, password, email, display_name: name, ...wish }, caller: { orgId } }) =>
      user(
        await to.ask(identity.CreatePerson, {
          username,
          password,
          email: given(email),
          name: given(name),
          ...standing(wish.role || !wish.is_admin ? (wishedRole({ role: wish.role }) ?? 'viewer') : 'admin', orgId),
        }),
      ),
  }),
  row({
    method: 'GET',
    path: `${base}/{user_id}`,
    operations: [identity.GetPerson],
    names,
    answer: async (to, { path, caller: { orgId } }) => user(await to.ask(identity.GetPerson, { person: refIn(path), ...whereOf(orgId) })),
  }),
  row({
    method: 'PATCH',
    path: `${base}/{user_id}`,
    operations: [identity.UpdatePerson],
    body: z.object({ ...described, is_active: z.boolean().nullish() }),
    names,
    answer: async (to, { path, body: { email, display_name: name, is_active: isActive, ...wish }, caller: { orgId } }) => {
      const role = wishedRole(wish);
      const person = refIn(path);
      const change = { email: given(email), name, isActive: given(isActive), ...(role === undefined ? {} : standing(role, orgId)) };
      return user(await to.ask(identity.UpdatePerson, { person, ...change, ...whereOf(orgId) }));
    },
  }),
  row({
    method: 'DELETE',
    path: `${base}/{user_id}`,
    operations: [identity.GetPerson, identity.DeleteUser],
    status: 204,
    answer: async (to, { path }) => {
      const { id } = await to.ask(identity.GetPerson, { person: refIn(path) });
      await to.ask(identity.DeleteUser, { userId: id });
      return undefined;
    },
  }),
];

/** The documented path, and the one that the program serves. */
export const users = ['/users', '/auth/users'].flatMap(rowsUnder);
