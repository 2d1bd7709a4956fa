import { identity } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import { type Json, row } from './row.ts';

const application = ({ id, name, redirectUris, createdAt }: identity.OauthAppView): Json => ({
  id,
  name,
  client_id: id,
  redirect_uris: redirectUris,
  created_at: createdAt,
});

/** Neither spelling is documented, so both are served. */
const paths = ['/user/oauth-apps', '/user/oauth-applications'] as const;

const rowsAt = (path: (typeof paths)[number]): readonly AnswerRoute[] => [
  row({
    method: 'GET',
    path,
    operations: [identity.ListMyOauthApps],
    answer: async (to) => ({ applications: (await everyOf((page) => to.ask(identity.ListMyOauthApps, page))).map(application) }),
  }),
  row({
    method: 'POST',
    path,
    operations: [identity.CreateMyOauthApp],
    body: z.object({ name: z.string(), redirect_uris: z.array(z.string()) }),
    names: { redirectUris: 'redirect_uris' },
    answer: async (to, { body: { name, redirect_uris: redirectUris } }) => {
      const made = await to.ask(identity.CreateMyOauthApp, { name, redirectUris });
      return { id: made.id, name: made.name, client_id: made.id, client_secret: made.secret, redirect_uris: made.redirectUris };
    },
  }),
  row({
    method: 'POST',
    path: `${path}/{id}/reset-secret`,
    operations: [identity.ResetMyOauthAppSecret],
    answer: async (to, { path: { id } }) => {
      const appId = idOf(identity.OauthAppId, id, 'OauthAppNotFound');
      const { secret } = await to.ask(identity.ResetMyOauthAppSecret, { appId });
      return { id: appId, client_id: appId, client_secret: secret };
    },
  }),
];

/** Programs of other authors that people let act for them. */
export const oauthApps = paths.flatMap(rowsAt);
