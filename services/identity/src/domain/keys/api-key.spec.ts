import { identity, OrgId, rolePermissions, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { ApiKey, type Command, type Event, type Settings } from './api-key.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-02T00:00:00.000Z';
const keyId = identity.ApiKeyId.parse('0199a000-0000-7000-8000-000000000001');
const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000003');
const admin = UserId.parse('0199a000-0000-7000-8000-000000000004');
const [hash, nextHash] = ['a'.repeat(64), 'b'.repeat(64)];

const settings: Settings = {
  name: 'ci',
  description: null,
  isActive: true,
  scopes: null,
  models: null,
  addresses: null,
  monthlyTokens: null,
  monthlySpend: null,
  spaceId: null,
  expiresAt: null,
};
const held = rolePermissions.owner;
const made = { keyId, orgId, userId, form: 'lk', prefix: 'lk_abcde', at } as const;
const create: Command = { type: 'Create', ...made, hash, settings, held };
const hashed: Event = { type: 'ApiKeyHashed', data: { keyId, orgId, hash, former: null, at } };
const createdWith = (more: Partial<Settings> = {}): readonly Event[] => [
  { type: 'ApiKeyCreated', data: { ...made, ownerId: orgId, ...settings, ...more } },
  hashed,
];
const created = createdWith();
const owner = { orgId };
const revoked: Event = { type: 'ApiKeyRevoked', data: { keyId, orgId, at } };
const updated = (more: Partial<Settings>): Event => ({
  type: 'ApiKeyUpdated',
  data: { keyId, orgId, ownerId: orgId, ...settings, ...more, at },
});

const { given } = specify(ApiKey);

describe('an API key', () => {
  it('is created once', () => {
    given()
      .when(create)
      .thenEvents(...created);
    given(...created)
      .when(create)
      .thenRejected('ApiKeyAlreadyExists', {});
  });

  it('cannot be born expired', () => {
    given()
      .when({ ...create, settings: { ...settings, expiresAt: at } })
      .thenRejected('ExpiryInThePast', {});
  });

  it('is cut to what its creator holds', () => {
    const scopes = [
      { permissions: ['runs:read' as const, 'billing:manage' as const], resources: ['one'] },
      { permissions: ['billing:manage' as const] },
    ];
    given()
      .when({ ...create, settings: { ...settings, scopes }, held: rolePermissions.admin })
      .thenEvents(...createdWith({ scopes: [{ permissions: ['runs:read'], resources: ['one'] }] }));
  });

  it('of a creator who holds less than a member says what it may', () => {
    given()
      .when({ ...create, held: ['runs:read', 'keys:manage'] })
      .thenEvents(...createdWith({ scopes: [{ permissions: ['runs:read'] }] }));
  });

  it('that could do nothing is not made', () => {
    given()
      .when({ ...create, settings: { ...settings, scopes: [{ permissions: ['billing:manage'] }] }, held: rolePermissions.admin })
      .thenRejected('PermissionsNotHeld', {});
  });

  it('of a person is judged where it is used', () => {
    const scopes = [{ permissions: ['billing:manage' as const] }];
    given()
      .when({ ...create, orgId: null, settings: { ...settings, scopes }, held: null })
      .thenEvents(
        { type: 'ApiKeyCreated', data: { ...made, ownerId: userId, ...settings, orgId: null, scopes } },
        { type: 'ApiKeyHashed', data: { keyId, orgId: null, hash, former: null, at } },
      );
  });

  it('is revoked, and stays so', () => {
    given(...created)
      .when({ type: 'Revoke', owner, at })
      .thenEvents(revoked);
    given(...created, revoked)
      .when({ type: 'Revoke', owner, at })
      .thenNothing();
    for (const command of [
      { type: 'Toggle', owner, at },
      { type: 'Update', owner, change: { name: 'x' }, held, at },
      { type: 'Rotate', owner, userId, hash: nextHash, held, formerUntil: later, at },
    ] as const) {
      given(...created, revoked)
        .when(command)
        .thenRejected('ApiKeyNotFound', {});
    }
  });

  it.each([
    ['another organization', { orgId: OrgId.parse(userId) }],
    ['a person, though it was them who made it', { userId }],
  ])('does not exist for %s', (_, stranger) => {
    for (const command of [
      { type: 'Revoke', owner: stranger, at },
      { type: 'Toggle', owner: stranger, at },
      { type: 'Update', owner: stranger, change: { name: 'x' }, held, at },
      { type: 'Rotate', owner: stranger, userId, hash: nextHash, held, formerUntil: later, at },
    ] as const) {
      given(...created)
        .when(command)
        .thenRejected('ApiKeyNotFound', {});
    }
    given().when({ type: 'Revoke', owner: stranger, at }).thenRejected('ApiKeyNotFound', {});
  });

  it('of a person is theirs alone', () => {
    const own: Event = { type: 'ApiKeyCreated', data: { ...made, ownerId: userId, ...settings, orgId: null } };
    given(own)
      .when({ type: 'Revoke', owner: { userId }, at })
      .thenEvents({ type: 'ApiKeyRevoked', data: { keyId, orgId: null, at } });
    given(own)
      .when({ type: 'Revoke', owner: { userId: admin }, at })
      .thenRejected('ApiKeyNotFound', {});
    given(own).when({ type: 'Revoke', owner, at }).thenRejected('ApiKeyNotFound', {});
  });
});

describe('the settings of an API key', () => {
  it('are changed one by one', () => {
    given(...created)
      .when({ type: 'Update', owner, change: { name: 'cd', expiresAt: later }, held, at })
      .thenEvents(updated({ name: 'cd', expiresAt: later }));
    given(...created, updated({ name: 'cd', expiresAt: later }))
      .when({ type: 'Update', owner, change: { expiresAt: null }, held, at })
      .thenEvents(updated({ name: 'cd', expiresAt: null }));
  });

  it('stay where nothing new is said', () => {
    given(...created)
      .when({ type: 'Update', owner, change: { name: 'ci', isActive: undefined, scopes: null }, held, at })
      .thenNothing();
  });

  it('refuse an expiry in the past, and let one be that has come', () => {
    given(...created)
      .when({ type: 'Update', owner, change: { expiresAt: at }, held, at })
      .thenRejected('ExpiryInThePast', {});
    given(...createdWith({ expiresAt: at }))
      .when({ type: 'Update', owner, change: { name: 'old' }, held, at: later })
      .thenEvents({ type: 'ApiKeyUpdated', data: { keyId, orgId, ownerId: orgId, ...settings, name: 'old', expiresAt: at, at: later } });
  });

  it('give away no more than whoever changes them holds', () => {
    const scopes = [{ permissions: ['runs:read' as const, 'billing:manage' as const] }];
    given(...created)
      .when({ type: 'Update', owner, change: { scopes }, held: rolePermissions.admin, at })
      .thenEvents(updated({ scopes: [{ permissions: ['runs:read'] }] }));
    given(...created)
      .when({ type: 'Update', owner, change: { scopes: [{ permissions: ['billing:manage'] }] }, held: rolePermissions.admin, at })
      .thenRejected('PermissionsNotHeld', {});
  });

  it('are renamed by those who hold less than the key', () => {
    const scopes = [{ permissions: ['billing:manage' as const] }];
    given(...createdWith({ scopes }))
      .when({ type: 'Update', owner, change: { name: 'cd' }, held: rolePermissions.admin, at })
      .thenEvents(updated({ scopes, name: 'cd' }));
  });

  it('are switched off, and on again', () => {
    given(...created)
      .when({ type: 'Toggle', owner, at })
      .thenEvents(updated({ isActive: false }));
    given(...created, updated({ isActive: false }))
      .when({ type: 'Toggle', owner, at })
      .thenEvents(updated({ isActive: true }));
  });
});

describe('a new secret of an API key', () => {
  const rotate = { type: 'Rotate', owner, userId: admin, hash: nextHash, held, formerUntil: later, at } as const;
  const former = { hash, userId, until: later };
  const rotated: readonly Event[] = [
    { type: 'ApiKeyRotated', data: { keyId, orgId, userId: admin, scopes: null, formerUntil: later, at } },
    { type: 'ApiKeyHashed', data: { keyId, orgId, hash: nextHash, former, at } },
  ];

  it('works beside the one before for a while', () => {
    given(...created)
      .when(rotate)
      .thenEvents(...rotated);
  });

  it('puts an end to the one before at once, where no time is given', () => {
    given(...created)
      .when({ ...rotate, formerUntil: at })
      .thenEvents(
        { type: 'ApiKeyRotated', data: { keyId, orgId, userId: admin, scopes: null, formerUntil: null, at } },
        { type: 'ApiKeyHashed', data: { keyId, orgId, hash: nextHash, former: null, at } },
      );
  });

  it('leaves the one before to who answered for it', () => {
    const thirdHash = 'c'.repeat(64);
    given(...created, ...rotated)
      .when({ ...rotate, userId, hash: thirdHash })
      .thenEvents(
        { type: 'ApiKeyRotated', data: { keyId, orgId, userId, scopes: null, formerUntil: later, at } },
        { type: 'ApiKeyHashed', data: { keyId, orgId, hash: thirdHash, former: { hash: nextHash, userId: admin, until: later }, at } },
      );
  });

  it('tells whoever gets it no more than they hold', () => {
    const scopes = [{ permissions: ['runs:read' as const, 'billing:manage' as const] }];
    given(...createdWith({ scopes }))
      .when({ ...rotate, held: rolePermissions.admin })
      .thenEvents(
        { type: 'ApiKeyRotated', data: { keyId, orgId, userId: admin, scopes: [{ permissions: ['runs:read'] }], formerUntil: later, at } },
        { type: 'ApiKeyHashed', data: { keyId, orgId, hash: nextHash, former, at } },
      );
    given(...createdWith({ scopes: [{ permissions: ['billing:manage'] }] }))
      .when({ ...rotate, held: rolePermissions.admin })
      .thenRejected('PermissionsNotHeld', {});
  });
});
