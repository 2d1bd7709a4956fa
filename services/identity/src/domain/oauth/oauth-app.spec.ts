import { identity, OrgId, rolePermissions, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, type Event, OauthApp, type Settings } from './oauth-app.ts';

const at = '2026-01-01T00:00:00.000Z';
const appId = identity.OauthAppId.parse('0199a000-0000-7000-8000-000000000001');
const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000003');
const stranger = UserId.parse('0199a000-0000-7000-8000-000000000004');
const [hash, nextHash] = ['a'.repeat(64), 'b'.repeat(64)];

const settings: Settings = {
  name: 'Notebook',
  redirectUris: ['https://app.example.com/back'],
  scopes: ['openid', 'runs:read'],
  isActive: true,
};
const machine: Settings = { name: 'ci', redirectUris: [], scopes: ['runs:create', 'runs:read'], isActive: true };
const held = rolePermissions.owner;
const made = { appId, orgId, userId, kind: 'web', at } as const;
const create: Command = { type: 'Create', ...made, settings, hash, held };
const createdWith = (more: Partial<Settings & { kind: identity.OauthAppKind }> = {}): Event => ({
  type: 'OauthAppCreated',
  data: { ...made, ownerId: orgId, ...settings, ...more },
});
const hashed: Event = { type: 'OauthAppSecretHashed', data: { appId, orgId, hash, at } };
const owner = { orgId };
const deleted: Event = { type: 'OauthAppDeleted', data: { appId, orgId, at } };

const { given } = specify(OauthApp);

describe('an application', () => {
  it('is created once, and its secret lies apart', () => {
    given().when(create).thenEvents(createdWith(), hashed);
    given(createdWith(), hashed).when(create).thenRejected('OauthAppAlreadyExists');
  });

  it('of a person belongs to no organization', () => {
    const data = { ...made, orgId: null, ownerId: userId, ...settings };
    given()
      .when({ ...create, orgId: null, hash: null })
      .thenEvents({ type: 'OauthAppCreated', data });
    given({ type: 'OauthAppCreated', data }).when({ type: 'Delete', owner, at }).thenRejected('OauthAppNotFound');
  });

  it('on a server sends people back somewhere, and by no scheme of its own', () => {
    given()
      .when({ ...create, settings: { ...settings, redirectUris: [] } })
      .thenRejected('RedirectUriRefused');
    const own = { ...settings, redirectUris: ['com.example.app:/back'] };
    given()
      .when({ ...create, settings: own })
      .thenRejected('RedirectUriRefused');
    given()
      .when({ ...create, kind: 'native', hash: null, settings: own })
      .thenEvents(createdWith({ ...own, kind: 'native' }));
  });

  it('is told which redirect URI is wrong, and how to mend it', () => {
    const told = (kind: 'web' | 'service', redirectUris: readonly string[]) => {
      const decision = OauthApp.decide({ ...create, kind, settings: { ...machine, redirectUris: [...redirectUris] } }, OauthApp.initial);
      return decision.accepted ? decision : decision.rejection.details;
    };
    const issues = (...path: (string | number)[]) => [
      { path, message: expect.stringMatching(/must|may/), code: 'custom', mend: expect.stringMatching(/\w/) },
    ];
    expect(told('web', [])).toMatchObject({ issues: issues('redirectUris') });
    expect(told('web', ['https://app.example.com/back', 'com.example.app:/back'])).toMatchObject({ issues: issues('redirectUris', 1) });
    expect(told('service', ['https://app.example.com/back'])).toMatchObject({ issues: issues('redirectUris') });
  });

  it('that is a machine may what its maker holds, and is nobody', () => {
    const service = { ...create, kind: 'service', settings: machine } as const;
    given()
      .when({ ...service, held: ['runs:read'] })
      .thenEvents(createdWith({ ...machine, kind: 'service', scopes: ['runs:read'] }), hashed);
    given()
      .when({ ...service, held: ['keys:manage'] })
      .thenRejected('PermissionsNotHeld');
    given()
      .when({ ...service, settings: { ...machine, scopes: ['openid'] } })
      .thenRejected('ScopeRefused');
    given()
      .when({ ...service, settings })
      .thenRejected('RedirectUriRefused');
  });

  it('changes in what is named, and only where it does', () => {
    const update = (change: Partial<Settings>): Command => ({ type: 'Update', owner, change, held, at });
    given(createdWith())
      .when(update({ name: 'Other' }))
      .thenEvents({ type: 'OauthAppUpdated', data: { appId, orgId, ownerId: orgId, ...settings, name: 'Other', at } });
    given(createdWith())
      .when(update({ name: 'Notebook' }))
      .thenNothing();
    given(createdWith())
      .when(update({ redirectUris: [] }))
      .thenRejected('RedirectUriRefused');
    given(createdWith({ ...machine, kind: 'service' }))
      .when({ type: 'Update', owner, change: { scopes: ['org:delete'] }, held: ['runs:read'], at })
      .thenRejected('PermissionsNotHeld');
  });

  it('gets another secret from whoever may what it may', () => {
    const reset: Command = { type: 'ResetSecret', owner, hash: nextHash, held, at };
    given(createdWith(), hashed)
      .when(reset)
      .thenEvents(
        { type: 'OauthAppSecretReset', data: { appId, orgId, at } },
        { type: 'OauthAppSecretHashed', data: { appId, orgId, hash: nextHash, at } },
      );
    given(createdWith({ kind: 'native' }))
      .when(reset)
      .thenRejected('OauthAppHasNoSecret');
    given(createdWith({ ...machine, kind: 'service' }))
      .when({ ...reset, held: ['runs:read'] })
      .thenRejected('PermissionsNotHeld');
  });

  it('is nothing to others, and nothing any more once it is deleted', () => {
    given(createdWith())
      .when({ type: 'Delete', owner: { userId: stranger }, at })
      .thenRejected('OauthAppNotFound');
    given().when({ type: 'Delete', owner, at }).thenRejected('OauthAppNotFound');
    given(createdWith(), hashed).when({ type: 'Delete', owner, at }).thenEvents(deleted);
    given(createdWith(), deleted).when({ type: 'Delete', owner, at }).thenNothing();
    given(createdWith(), deleted).when({ type: 'ResetSecret', owner, hash, held, at }).thenRejected('OauthAppNotFound');
    const renamed: Event = { type: 'OauthAppUpdated', data: { appId, orgId, ownerId: orgId, ...settings, name: 'Other', at } };
    given(createdWith(), renamed)
      .when({ type: 'Update', owner, change: { name: 'Other' }, held: null, at })
      .thenNothing();
    given(createdWith(), deleted, renamed).when({ type: 'Delete', owner, at }).thenNothing();
  });
});
