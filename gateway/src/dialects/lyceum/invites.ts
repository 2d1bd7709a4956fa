import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import type { Writable } from './json.ts';
import { membership, slugOf } from './organizations.ts';
import { row } from './row.ts';

/** The token is shown once, to whoever invited. */
export const invite = (view: identity.InviteView, token: string | null): Writable => ({
  id: view.id,
  org_id: view.orgId,
  email: view.email,
  role: view.role,
  token,
  status: view.status,
  invited_by: view.invitedBy,
  created_at: view.createdAt,
  expires_at: view.expiresAt,
});

export const received = ({ org, email, role, status, expiresAt }: identity.ReceivedInviteView) => ({
  org,
  email,
  role,
  status,
  expires_at: expiresAt,
});

/** To its addressee an invite's id is as good as a token. */
export const own = (view: identity.ReceivedInviteView): Writable => ({
  id: view.id,
  token: view.id,
  ...received(view),
  created_at: view.createdAt,
});

const tokenIn = (path: Readonly<Record<string, string>>): string => path['token'] ?? '';
const names = { org: 'slug', inviteId: 'invite_id' };

const ofOrganization = [
  row({
    method: 'GET',
    path: '/orgs/{slug}/invites',
    operations: [identity.ListInvites],
    answer: async (to, { path }) => {
      const all = await everyOf((page) => to.ask(identity.ListInvites, { org: slugOf(path), ...page }));
      // Invites to a space alone are no part of this API.
      return all.filter(({ role }) => role !== null).map((each) => invite(each, null));
    },
  }),
  row({
    method: 'POST',
    path: '/orgs/{slug}/invites',
    operations: [identity.CreateInvite],
    body: z.object({ email: z.string(), role: z.string().nullish() }),
    names,
    answer: async (to, { path, body: { email, role } }) => {
      // The role is judged by the operation, in its own words.
      const asked = role == null ? {} : { role: role as identity.InvitableRole };
      const { token, ...made } = await to.ask(identity.CreateInvite, { org: slugOf(path), email, ...asked });
      return invite(made, token);
    },
  }),
  row({
    method: 'DELETE',
    path: '/orgs/{slug}/invites/{invite_id}',
    operations: [identity.RevokeInvite],
    names,
    answer: async (to, { path }) => {
      const inviteId = idOf(identity.InviteId, path['invite_id'], 'InviteNotFound');
      await to.ask(identity.RevokeInvite, { org: slugOf(path), inviteId });
      return { message: 'Invite revoked' };
    },
  }),
];

const ofAddressee = [
  row({
    method: 'GET',
    path: '/invites/mine',
    operations: [identity.ListMyInvites],
    answer: async (to) => (await everyOf((page) => to.ask(identity.ListMyInvites, page))).map(own),
  }),
  row({
    method: 'GET',
    path: '/invites/{token}',
    operations: [identity.GetInvite],
    answer: async (to, { path }) => received(await to.ask(identity.GetInvite, { token: tokenIn(path) })),
  }),
  row({
    method: 'POST',
    path: '/invites/{token}/accept',
    operations: [identity.AcceptInvite],
    answer: async (to, { path }) => {
      const { membership: joined } = await to.ask(identity.AcceptInvite, { token: tokenIn(path) });
      return joined === null ? { message: 'Invite accepted' } : membership(joined);
    },
  }),
  row({
    method: 'POST',
    path: '/invites/{token}/decline',
    operations: [identity.DeclineInvite],
    answer: async (to, { path }) => {
      await to.ask(identity.DeclineInvite, { token: tokenIn(path) });
      return { message: 'Invite declined' };
    },
  }),
];

export const invites = [...ofOrganization, ...ofAddressee];
