import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import type { Writable } from './json.ts';
import { slugOf } from './organizations.ts';
import { row } from './row.ts';

type Path = Readonly<Record<string, string>>;

export const member = (view: identity.MemberView): Writable => ({
  user_id: view.userId,
  email: view.email,
  full_name: view.name,
  role: view.role,
  is_default: view.isDefault,
  joined_at: view.joinedAt,
});

const memberIn = (path: Path) => ({
  org: slugOf(path),
  userId: idOf(identity.MemberView.shape.userId, path['user_id'], 'MemberNotFound'),
});
const names = { org: 'slug', userId: 'user_id' };

export const members = [
  row({
    method: 'GET',
    path: '/orgs/{slug}/members',
    operations: [identity.ListMembers],
    answer: async (to, { path }) => (await everyOf((page) => to.ask(identity.ListMembers, { org: slugOf(path), ...page }))).map(member),
  }),
  row({
    method: 'PATCH',
    path: '/orgs/{slug}/members/{user_id}',
    operations: [identity.ChangeMemberRole],
    body: z.object({ role: z.string() }),
    names,
    // The role is judged by the operation, in its own words.
    answer: async (to, { path, body: { role } }) =>
      member(await to.ask(identity.ChangeMemberRole, { ...memberIn(path), role: role as identity.MemberView['role'] })),
  }),
  row({
    method: 'DELETE',
    path: '/orgs/{slug}/members/{user_id}',
    operations: [identity.RemoveMember],
    names,
    answer: async (to, { path }) => {
      await to.ask(identity.RemoveMember, memberIn(path));
      return { message: 'Member removed' };
    },
  }),
  row({
    method: 'POST',
    path: '/orgs/{slug}/default',
    operations: [identity.ChooseDefaultOrg],
    names,
    answer: async (to, { path }) => member(await to.ask(identity.ChooseDefaultOrg, { org: slugOf(path) })),
  }),
];
