import { identity, type OutputOf, personOf } from '@orrery/contracts';
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
  // Of whoever signs in through somebody else: nobody does yet.
  external_id: '',
  id: me.id,
  ...namesOf(me.name),
});

export const standing = ({ permissions, spaces }: Standing): { readonly [name: string]: Json } => ({
  permissions,
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

export const users = [
  ...paths.map(get),
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
      return { permissions: (await to.ask(identity.AddSpacePermissions, { spaceId, userId, permissions })).permissions };
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
