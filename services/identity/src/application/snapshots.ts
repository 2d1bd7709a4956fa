import type { OnApplicationShutdown } from '@nestjs/common';
import { epochOf, identity, type UserId } from '@orrery/contracts';
import type { EventStore, Table, TableRow } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, publishSnapshot, type SnapshotPublisher } from '@orrery/messaging';
import { apiKeys } from '../views/api-keys.view.ts';
import { membershipsOf } from '../views/memberships.ts';
import { users } from '../views/people.view.ts';
import type { AccessTokens } from './access-tokens.ts';

type Contracts = typeof identity.Snapshots;

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly accessTokens: AccessTokens;
  readonly onFault: (error: unknown) => void;
}

const pageRows = 500;

/** Every row of a table, a page at a time. */
async function* rowsOf<T extends Table>(store: EventStore, table: T, by: keyof T['columns'] & string): AsyncGenerator<TableRow<T>> {
  let cursor: string | undefined;
  do {
    const page = await store.read(table).page({ order: { by: [by] }, limit: pageRows, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/**
 * Keeps what gateways must know of keys and memberships up to date. A change is published after its commit; if the process dies
 * between the two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly store: EventStore;
  private readonly keys: SnapshotPublisher<Contracts['keys']['value']>;
  private readonly members: SnapshotPublisher<Contracts['members']['value']>;
  private readonly signing: SnapshotPublisher<Contracts['signing']['value']>;

  constructor({ bus, store, accessTokens, onFault }: SnapshotsOptions) {
    const { keys, members, signing } = identity.Snapshots;
    this.store = store;
    this.keys = publishSnapshot(bus, { snapshot: keys, all: () => this.allKeys(), onFault });
    this.members = publishSnapshot(bus, { snapshot: members, all: () => this.allMembers(), onFault });
    const current = accessTokens.snapshot;
    this.signing = publishSnapshot(bus, { snapshot: signing, all: () => Promise.resolve([[current.kid, current]]), onFault });
  }

  get areComplete(): boolean {
    return this.keys.isComplete && this.members.isComplete && this.signing.isComplete;
  }

  async keyChanged(id: identity.ApiKeyId): Promise<void> {
    const key = await this.store.read(apiKeys).one({ id });
    const snapshot = key && snapshotOf(key);
    if (snapshot) await this.keys.put(id, snapshot);
    else await this.keys.remove(id);
  }

  async membersChanged(userId: UserId): Promise<void> {
    await this.members.put(userId, await membershipsOf(this.store, userId));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.keys.close(), this.members.close(), this.signing.close()]);
  }

  // What is revoked or expired is left out: a gateway that does not know a key refuses it.
  private async allKeys() {
    const now = systemClock.now();
    const keys: [string, identity.KeySnapshot][] = [];
    for await (const key of rowsOf(this.store, apiKeys, 'id')) {
      const snapshot = snapshotOf(key);
      if (snapshot && (key.expiresAt === null || epochOf(key.expiresAt) > now)) keys.push([key.id, snapshot]);
    }
    return keys;
  }

  private async allMembers() {
    const all: [string, identity.MemberSnapshot][] = [];
    for await (const { id } of rowsOf(this.store, users, 'id')) all.push([id, await membershipsOf(this.store, id)]);
    return all;
  }
}

/** What a gateway is told of a key: of a revoked one, nothing. */
const snapshotOf = (key: TableRow<typeof apiKeys>): identity.KeySnapshot | undefined => {
  const { id, orgId, userId, hash, role, isActive, expiresAt } = key;
  return isActive && hash !== null ? { id, orgId, userId, hash, role, isActive, expiresAt } : undefined;
};
