import { identity } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { idOf } from '../row.ts';
import { listOf, Pages } from './pages.ts';
import { type Json, row } from './row.ts';

type Path = Readonly<Record<string, string>>;

export const space = (view: identity.SpaceView): Json => ({
  created_at: view.createdAt,
  created_by: view.createdBy,
  description: view.description,
  id: view.id,
  name: view.name,
  updated_at: view.updatedAt,
  updated_by: view.updatedBy,
});

const idIn = (path: Path): identity.SpaceId => idOf(identity.SpaceId, path['id'], 'SpaceNotFound');
const names = { spaceId: 'id', permissions: 'roles' };

/** Which verb changes something is not settled in that API: both do. */
const update = (method: 'PUT' | 'PATCH'): AnswerRoute =>
  row({
    method,
    path: '/spaces/{id}',
    operations: [identity.UpdateSpace],
    body: z.object({ name: z.string().optional(), description: z.string().optional() }),
    names,
    answer: async (to, { path, body: { name, description } }) =>
      space(
        await to.ask(identity.UpdateSpace, {
          spaceId: idIn(path),
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        }),
      ),
  });

export const spaces = [
  row({
    method: 'GET',
    path: '/spaces',
    operations: [identity.ListSpaces],
    query: Pages,
    answer: async (to, { query: { limit, after } }) =>
      listOf(await to.ask(identity.ListSpaces, { limit, ...(after === undefined ? {} : { after }) }), space),
  }),
  row({
    method: 'POST',
    path: '/spaces',
    operations: [identity.CreateSpace],
    body: z.object({ name: z.string(), description: z.string() }),
    names,
    status: 201,
    answer: async (to, { body }) => space(await to.ask(identity.CreateSpace, body)),
  }),
  row({
    method: 'GET',
    path: '/spaces/{id}',
    operations: [identity.GetSpace],
    answer: async (to, { path }) => space(await to.ask(identity.GetSpace, { spaceId: idIn(path) })),
  }),
  update('PUT'),
  update('PATCH'),
  row({
    method: 'DELETE',
    path: '/spaces/{id}',
    operations: [identity.DeleteSpace],
    answer: async (to, { path }) => {
      const spaceId = idIn(path);
      await to.ask(identity.DeleteSpace, { spaceId });
      return { id: spaceId };
    },
  }),
  row({
    method: 'POST',
    path: '/spaces/{id}/invite',
    operations: [identity.InviteToSpace],
    body: z.object({ emails: z.array(z.string()), roles: z.array(z.string()) }),
    names,
    answer: async (to, { path, body: { emails, roles } }) => {
      // What they call roles are permissions; which there are, the operation judges.
      const permissions = roles as identity.SpaceGrant['permissions'];
      return { emails: (await to.ask(identity.InviteToSpace, { spaceId: idIn(path), emails, permissions })).emails };
    },
  }),
  row({
    method: 'POST',
    path: '/spaces/{id}/restore',
    operations: [identity.RestoreSpace],
    answer: async (to, { path }) => ({ id: (await to.ask(identity.RestoreSpace, { spaceId: idIn(path) })).id }),
  }),
];
