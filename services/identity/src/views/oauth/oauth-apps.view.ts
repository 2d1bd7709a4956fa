import type { identity, OrgId, UserId } from '@orrery/contracts';
import { boolean, type Fact, instant, json, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';

export const oauthApps = view({
  name: 'oauth-apps',
  table: 'oauth_apps',
  columns: {
    id: uuid<identity.OauthAppId>(),
    orgId: nullable(uuid<OrgId>()),
    userId: uuid<UserId>(),
    kind: text<identity.OauthAppKind>(),
    name: text(),
    redirectUris: json<string[]>(),
    scopes: json<identity.OauthScope[]>(),
    isActive: boolean(),
    hash: nullable(text()),
    createdAt: instant(),
    secretSetAt: nullable(instant()),
  },
  key: ['id'],
  indexes: [
    ['orgId', 'id'],
    ['userId', 'id'],
  ],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'OauthAppCreated': {
        const { appId: id, ownerId: _owner, at: createdAt, ...app } = event.data;
        return [{ put: { id, ...app, hash: null, createdAt, secretSetAt: null } }];
      }
      case 'OauthAppUpdated': {
        const { appId: id, name, redirectUris, scopes, isActive } = event.data;
        return [{ patch: { id }, set: { name, redirectUris, scopes, isActive } }];
      }
      case 'OauthAppSecretHashed': {
        const { appId: id, hash, at: secretSetAt } = event.data;
        return [{ patch: { id }, set: { hash, secretSetAt } }];
      }
      case 'OauthAppDeleted':
        return [{ drop: { id: event.data.appId } }];
      default:
        return [];
    }
  },
});

export type OauthAppRow = TableRow<typeof oauthApps>;

/** An application as people see it. */
export const shownApp = ({ hash: _, ...app }: OauthAppRow): identity.OauthAppView => app;

/** What gateways are told of it; of one that is switched off, nothing. */
export const appSnapshotOf = ({ id, orgId, kind, name, redirectUris, scopes, isActive }: OauthAppRow): identity.AppSnapshot | undefined =>
  isActive ? { id, orgId, kind, name, redirectUris, scopes } : undefined;
