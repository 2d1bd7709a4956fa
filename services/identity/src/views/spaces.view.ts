import type { identity, OrgId, Permission, UserId } from '@orrery/contracts';
import { boolean, type Fact, instant, json, type TableRow, text, uuid, view } from '@orrery/event-store';

export const spaces = view({
  name: 'spaces',
  table: 'spaces',
  columns: {
    id: uuid<identity.SpaceId>(),
    orgId: uuid<OrgId>(),
    name: text(),
    description: text(),
    isDeleted: boolean(),
    createdBy: uuid<UserId>(),
    createdAt: instant(),
    updatedBy: uuid<UserId>(),
    updatedAt: instant(),
  },
  key: ['id'],
  indexes: [['orgId', 'id']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'SpaceCreated': {
        const { spaceId: id, createdBy, at, ...space } = event.data;
        return [{ put: { id, ...space, isDeleted: false, createdBy, createdAt: at, updatedBy: createdBy, updatedAt: at } }];
      }
      case 'SpaceUpdated': {
        const { spaceId: id, name, description, by, at } = event.data;
        return [{ patch: { id }, set: { name, description, updatedBy: by, updatedAt: at } }];
      }
      case 'SpaceDeleted':
      case 'SpaceRestored': {
        const { spaceId: id, at } = event.data;
        return [{ patch: { id }, set: { isDeleted: event.type === 'SpaceDeleted', updatedAt: at } }];
      }
      default:
        return [];
    }
  },
});
export type SpaceRow = TableRow<typeof spaces>;

export const spaceMembers = view({
  name: 'space-members',
  table: 'space_members',
  columns: { spaceId: uuid<identity.SpaceId>(), userId: uuid<UserId>(), orgId: uuid<OrgId>(), permissions: json<Permission[]>() },
  key: ['spaceId', 'userId'],
  indexes: [['userId'], ['orgId']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'SpacePermissionsGiven': {
        const { spaceId, userId, orgId, permissions } = event.data;
        return [{ put: { spaceId, userId, orgId, permissions } }];
      }
      case 'SpaceMemberLeft': {
        const { spaceId, userId } = event.data;
        return [{ drop: { spaceId, userId } }];
      }
      default:
        return [];
    }
  },
});

/** What is shown of a space. */
export const spaceViewOf = ({ isDeleted: _, ...space }: SpaceRow): identity.SpaceView => space;
