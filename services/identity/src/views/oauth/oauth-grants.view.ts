import type { identity, UserId } from '@orrery/contracts';
import { type Fact, instant, json, type TableRow, text, uuid, view } from '@orrery/event-store';

/** What people let applications do now. */
export const oauthGrants = view({
  name: 'oauth-grants',
  table: 'oauth_grants',
  columns: {
    id: text(),
    appId: uuid<identity.OauthAppId>(),
    userId: uuid<UserId>(),
    scopes: json<identity.OauthScope[]>(),
    grantedAt: instant(),
  },
  key: ['id'],
  indexes: [['userId', 'id'], ['appId']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type === 'OauthGranted') {
      const { grantId: id, appId, userId, scopes, at: grantedAt } = event.data;
      return [{ put: { id, appId, userId, scopes, grantedAt } }];
    }
    return event.type === 'OauthGrantEnded' ? [{ drop: { id: event.data.grantId } }] : [];
  },
});
export type OauthGrantRow = TableRow<typeof oauthGrants>;
