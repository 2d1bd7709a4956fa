import { identity, neospacePermissions, type OutputOf, personOf } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { Failed, refusal } from '../../failure.ts';
import { idOf, type To } from '../row.ts';
import { type Json, row } from './row.ts';

type Me = OutputOf<typeof identity.GetMe>;
type Standing = OutputOf<typeof identity.GetStanding>;

/** Their names have two parts, ours one: the first word, and the rest. */
export const namesOf = (name: string | null): { readonly first_name: string; readonly last_name: string } => {
  const [first = '', ...rest] = (name ?? '').trim().split(/\s+/);
  return { first_name: first, last_name: rest.join(' ') };
};

export const user = (me: Me): { readonly [name: string]: Json } => ({
  email: me.email,
  // An issuer knows somebody by a subject, and one person may have several: none of them is told.
  external_id: '',
  id: me.id,
  ...namesOf(me.name),
});

/** Whoever has not said what they do is a developer there. */
const defaultRole = 'developer';

/** No client of this API knows another one. */
const userPermissions: ReadonlySet<string> = new Set(neospacePermissions);
const known = (permissions: readonly string[]): readonly string[] => permissions.filter((permission) => userPermissions.has(permission));

export const standing = ({ permissions, occupation, spaces }: Standing): { readonly [name: string]: Json } => ({
  permissions: known(permissions),
  role: occupation ?? defaultRole,
  spaces: spaces.map(({ id, name }) => ({ id, name })),
});

const paths = ['/me', '/users/me'] as const;

const get = (path: (typeof paths)[number]): AnswerRoute =>
  row({
    method: 'GET',
    path,
    operations: [identity.GetMe, identity.GetStanding],
    answer: async (to) => {
      const [me, where] = await Promise.all([to.ask(identity.GetMe, {}), to.ask(identity.GetStanding, {})]);
      return { ...user(me), ...standing(where) };
    },
  });

/** Without a token every invite to a space is accepted that lies in the caller's own list. */
const waiting = async (to: To<typeof identity.ListMyInvites>): Promise<readonly string[]> => {
  const { items } = await to.ask(identity.ListMyInvites, { limit: 100 });
  return items.filter(({ space }) => space !== null).map(({ id }) => id);
};

const notWaiting = (): never => {
  throw new Failed(refusal({ refusals: { InviteNotFound: 404 } }, { code: 'InviteNotFound', details: {} }));
};

const put = (method: 'PUT' | 'PATCH', path: (typeof paths)[number]): AnswerRoute =>
  row({
    method,
    path,
    operations: [identity.GetMe, identity.GetStanding, identity.UpdateMe, identity.ChooseOccupation],
    body: z.object({ first_name: z.string().optional(), last_name: z.string().optional(), role: z.string().optional() }),
    names: { name: 'first_name', occupation: 'role' },
    answer: async (to, { body: { first_name: first, last_name: last, role } }) => {
      const me = await to.ask(identity.GetMe, {});
      // Which there are, the operation judges.
      if (role !== undefined) await to.ask(identity.ChooseOccupation, { occupation: role as identity.Occupation });
      if (first !== undefined || last !== undefined) {
        const now = namesOf(me.name);
        const name = `${first ?? now.first_name} ${last ?? now.last_name}`.trim();
        await to.ask(identity.UpdateMe, { name: name === '' ? null : name });
      }
      const [changed, { role: shown }] = await Promise.all([to.ask(identity.GetMe, {}), to.ask(identity.GetStanding, {}).then(standing)]);
      return { ...user(changed), role: shown };
    },
  });

export const users = [
  ...paths.map(get),
  ...paths.flatMap((path) => [put('PUT', path), put('PATCH', path)]),
  row({
    method: 'POST',
    path: '/me/permissions',
    operations: [identity.AddSpacePermissions],
    body: z.object({ user_id: z.string().optional(), permissions: z.array(z.string()).optional() }).nullish(),
    names: { userId: 'user_id' },
    answer: async (to, { body, caller }) => {
      // Which there are, the operation judges; and nobody is permitted anything outside of a space.
      const permissions = (body?.permissions ?? []) as identity.SpaceGrant['permissions'];
      const spaceId = idOf(identity.SpaceId, caller.spaceId, 'SpaceNotFound');
      const userId = idOf(identity.MemberView.shape.userId, body?.user_id ?? personOf(caller.principal), 'MemberNotFound');
      return { permissions: known((await to.ask(identity.AddSpacePermissions, { spaceId, userId, permissions })).permissions) };
    },
  }),
  row({
    method: 'POST',
    path: '/users/accept-invite',
    operations: [identity.ListMyInvites, identity.AcceptInvite],
    query: z.object({ token: z.string().optional() }),
    body: z.object({ token: z.string().optional() }).nullish(),
    answer: async (to, { query, body }) => {
      const token = query.token ?? body?.token;
      const tokens = token === undefined ? await waiting(to) : [token];
      if (tokens.length === 0) notWaiting();
      for (const each of tokens) await to.ask(identity.AcceptInvite, { token: each });
      return { error: '' };
    },
  }),
];
