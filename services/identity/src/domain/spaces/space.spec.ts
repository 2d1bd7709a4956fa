import { identity, OrgId, permissions, spacePermissions, UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf, specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Space, type State } from './space.ts';

const id = (last: number): string => `0199a000-0000-7000-8000-${String(last).padStart(12, '0')}`;
const at = '2026-01-01T00:00:00.000Z';
const spaceId = identity.SpaceId.parse(id(1));
const [orgId, elsewhere] = [OrgId.parse(id(2)), OrgId.parse(id(3))];
const [ada, bob] = [UserId.parse(id(4)), UserId.parse(id(5))];
const inOrg = { orgId, at } as const;
const names = { name: 'Research', description: 'What we look into' } as const;

const create: Command = { type: 'Create', spaceId, orgId, ...names, createdBy: ada, permissions: spacePermissions, at };
const may = (userId: typeof ada, ...held: readonly (typeof spacePermissions)[number][]): Event => ({
  type: 'SpacePermissionsGiven',
  data: { spaceId, orgId, userId, permissions: [...held], at },
});
const created: readonly Event[] = [
  { type: 'SpaceCreated', data: { spaceId, orgId, ...names, createdBy: ada, at } },
  may(ada, ...spacePermissions),
];
const deleted: Event = { type: 'SpaceDeleted', data: { spaceId, orgId, by: ada, at } };
const { given } = specify(Space);

describe('a space', () => {
  it('is managed by whoever made it', () => {
    given()
      .when(create)
      .thenEvents(...created);
    given(...created)
      .when(create)
      .thenRejected('SpaceAlreadyExists');
  });

  it('keeps what an update does not name, and records nothing where nothing changes', () => {
    given(...created)
      .when({ type: 'Update', ...inOrg, name: 'Labs', by: ada })
      .thenEvents({ type: 'SpaceUpdated', data: { spaceId, orgId, ...names, name: 'Labs', by: ada, at } });
    given(...created)
      .when({ type: 'Update', ...inOrg, name: 'Research', by: ada })
      .thenNothing();
  });

  it('is deleted and restored, each once', () => {
    given(...created)
      .when({ type: 'Delete', ...inOrg, by: ada })
      .thenEvents(deleted);
    given(...created, deleted)
      .when({ type: 'Delete', ...inOrg, by: ada })
      .thenNothing();
    given(...created, deleted)
      .when({ type: 'Restore', ...inOrg, by: ada })
      .thenEvents({ type: 'SpaceRestored', data: { spaceId, orgId, by: ada, at } });
    given(...created)
      .when({ type: 'Restore', ...inOrg, by: ada })
      .thenNothing();
  });

  it('that is deleted is not there, but for whoever restores it', () => {
    for (const command of [
      { type: 'Update', ...inOrg, name: 'Labs', by: ada },
      { type: 'Admit', ...inOrg, userId: bob, permissions: ['runs:read'] },
      { type: 'Permit', ...inOrg, userId: ada, permissions: ['runs:read'] },
      { type: 'Remove', ...inOrg, userId: ada, reason: 'removed', by: bob },
    ] as const) {
      given(...created, deleted)
        .when(command)
        .thenRejected('SpaceNotFound');
    }
  });

  it('of another organization is not there', () => {
    given(...created)
      .when({ type: 'Update', orgId: elsewhere, at, name: 'Mine', by: bob })
      .thenRejected('SpaceNotFound');
    given()
      .when({ type: 'Restore', ...inOrg, by: ada })
      .thenRejected('SpaceNotFound');
  });
});

describe('a member of a space', () => {
  it('gets what an invite gives besides what they have, each once and in order', () => {
    given(...created, may(bob, 'trainings:list'))
      .when({ type: 'Admit', ...inOrg, userId: bob, permissions: ['trainings:get', 'runs:read', 'trainings:get'] })
      .thenEvents(may(bob, 'runs:read', 'trainings:get', 'trainings:list'));
    given(...created, may(bob, 'trainings:list'))
      .when({ type: 'Admit', ...inOrg, userId: bob, permissions: ['trainings:list'] })
      .thenNothing();
  });

  it('may from now on what they are permitted, and nothing else', () => {
    given(...created, may(bob, 'trainings:list', 'trainings:get'))
      .when({ type: 'Permit', ...inOrg, userId: bob, permissions: ['runs:read'] })
      .thenEvents(may(bob, 'runs:read'));
    given(...created)
      .when({ type: 'Permit', ...inOrg, userId: bob, permissions: ['runs:read'] })
      .thenRejected('MemberNotFound');
  });

  it.each(['org:delete', 'billing:manage', 'keys:manage', 'members:manage', 'trainings:destroy', ''])(
    'is never given %s, which no space can give',
    (permission) => {
      given(...created)
        .when({ type: 'Admit', ...inOrg, userId: bob, permissions: ['runs:read', permission] })
        .thenRejected('NoSuchPermission');
    },
  );

  it('leaves, is removed, or goes with their organization, also from a space that is deleted', () => {
    const gone = (reason: 'left' | 'left-org', by: typeof ada | null): Event => ({
      type: 'SpaceMemberLeft',
      data: { spaceId, orgId, userId: bob, reason, by, at },
    });
    given(...created, may(bob, 'runs:read'))
      .when({ type: 'Remove', ...inOrg, userId: bob, reason: 'left', by: bob })
      .thenEvents(gone('left', bob));
    given(...created, may(bob, 'runs:read'), deleted)
      .when({ type: 'Remove', ...inOrg, userId: bob, reason: 'left-org', by: null })
      .thenEvents(gone('left-org', null));
    given(...created)
      .when({ type: 'Remove', ...inOrg, userId: bob, reason: 'left', by: bob })
      .thenRejected('MemberNotFound');
  });
});

const person = fc.constantFrom(ada, bob);
const asked = fc.array(fc.oneof(fc.constantFrom<string>(...permissions), fc.string({ maxLength: 12 })), { maxLength: 4 });
const own = { orgId: fc.constantFrom(orgId, elsewhere), at: fc.constant(at) };
const commands: fc.Arbitrary<Command> = fc.oneof(
  asked.map((each): Command => ({ ...create, permissions: each })),
  fc.constant(create),
  fc.record({ type: fc.constant('Update' as const), ...own, name: fc.constantFrom('A', 'B'), by: person }),
  fc.record({ type: fc.constantFrom('Delete' as const, 'Restore' as const), ...own, by: person }),
  fc.record({ type: fc.constantFrom('Admit' as const, 'Permit' as const), ...own, userId: person, permissions: asked }),
  fc.record({
    type: fc.constant('Remove' as const),
    ...own,
    userId: person,
    reason: fc.constantFrom('left' as const, 'left-org' as const),
    by: fc.option(person),
  }),
);

describe('a space, whatever happens to it', () => {
  it.each(lawsOf(Space, commands))('$name', ({ check }) => check());

  it('has members who hold permissions that exist and that a space can give, and none without', () => {
    const real: readonly string[] = spacePermissions;
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 30 }), (history) => {
        let state: State = Space.initial;
        for (const command of history) {
          const decision = Space.decide(command, state);
          if (decision.accepted) state = fold(Space, decision.events, state);
          if (state.status === 'Absent') continue;
          for (const held of Object.values(state.members)) {
            expect(held.length).toBeGreaterThan(0);
            expect(new Set(held).size).toBe(held.length);
            expect(held.filter((permission) => !real.includes(permission))).toEqual([]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
