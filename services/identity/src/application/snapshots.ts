import { isDeepStrictEqual } from 'node:util';
import type { OnApplicationShutdown } from '@nestjs/common';
import { epochOf, type Instant, identity, instantOf, type UserId } from '@orrery/contracts';
import type { EventStore, Table, TableRow, Where } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, publishSnapshot, type SnapshotPublisher } from '@orrery/messaging';
import type { z } from 'zod';
import { apiKeys } from '../views/api-keys.view.ts';
import { membershipsOf } from '../views/memberships.ts';
import { users } from '../views/people.view.ts';
import { sessionSnapshotOf, sessions } from '../views/sessions.view.ts';
import type { AccessTokens } from './sessions/access-tokens.ts';

type Contracts = typeof identity.Snapshots;

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly accessTokens: AccessTokens;
  readonly onFault: (error: unknown) => void;
}

const pageRows = 500;
/** A truth that changes faster than it can be told is told by whoever changes it. */
const mostLooks = 10;

/** Every row of a table that matches, a page at a time. */
async function* rowsOf<T extends Table>(
  store: EventStore,
  table: T,
  by: keyof T['columns'] & string,
  where: Where<TableRow<T>> = {},
): AsyncGenerator<TableRow<T>> {
  let cursor: string | undefined;
  do {
    const page = await store.read(table).page({ where, order: { by: [by] }, limit: pageRows, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/**
 * Keeps what gateways must know of keys, memberships and sessions up to date. A change is published after its commit; if the process dies
 * between the two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly store: EventStore;
  private readonly keys: SnapshotPublisher<Contracts['keys']['value']>;
  private readonly members: SnapshotPublisher<Contracts['members']['value']>;
  private readonly sessions: SnapshotPublisher<Contracts['sessions']['value']>;
  private readonly signing: SnapshotPublisher<Contracts['signing']['value']>;

  constructor({ bus, store, accessTokens, onFault }: SnapshotsOptions) {
    const { keys, members, sessions: ended, signing } = identity.Snapshots;
    this.store = store;
    this.keys = publishSnapshot(bus, { snapshot: keys, all: () => this.allKeys(), onFault });
    this.members = publishSnapshot(bus, { snapshot: members, all: () => this.allMembers(), onFault });
    this.sessions = publishSnapshot(bus, { snapshot: ended, all: () => this.allSessions(), onFault });
    const current = accessTokens.snapshot;
    this.signing = publishSnapshot(bus, { snapshot: signing, all: () => Promise.resolve([[current.kid, current]]), onFault });
  }

  get areComplete(): boolean {
    return [this.keys, this.members, this.sessions, this.signing].every(({ isComplete }) => isComplete);
  }

  keyChanged(id: identity.ApiKeyId): Promise<void> {
    return tell(this.keys, id, async () => {
      const key = await this.store.read(apiKeys).one({ id });
      return key && snapshotOf(key);
    });
  }

  membersChanged(userId: UserId): Promise<void> {
    return tell(this.members, userId, () => membershipsOf(this.store, userId));
  }

  sessionChanged(id: identity.SessionId): Promise<void> {
    return tell(this.sessions, id, async () => {
      const session = await this.store.read(sessions).one({ id });
      return session && sessionSnapshotOf(session);
    });
  }

  /** Takes away what was told of sessions whose tokens have all expired since `from`. */
  async forgetSessions(from: Instant, until: Instant): Promise<void> {
    const where = { toldUntil: { gte: from, lt: until } };
    for await (const { id } of rowsOf(this.store, sessions, 'id', where)) await this.sessions.remove(id);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.keys, this.members, this.sessions, this.signing].map((publisher) => publisher.close()));
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

  private async allSessions() {
    const all: [string, identity.SessionSnapshot][] = [];
    for await (const session of rowsOf(this.store, sessions, 'id', { toldUntil: { gt: instantOf(systemClock.now()) } })) {
      const snapshot = sessionSnapshotOf(session);
      if (snapshot) all.push([session.id, snapshot]);
    }
    return all;
  }

  private async allMembers() {
    const all: [string, identity.MemberSnapshot][] = [];
    for await (const { id } of rowsOf(this.store, users, 'id')) all.push([id, await membershipsOf(this.store, id)]);
    return all;
  }
}

/**
 * Publishes the truth about one key of a bucket. It is looked at again afterwards: whoever read an older truth and wrote it later
 * than somebody else a newer one finds the difference, and mends it.
 */
const tell = async <S extends z.ZodType>(
  publisher: SnapshotPublisher<S>,
  key: string,
  truth: () => Promise<z.output<S> | undefined>,
): Promise<void> => {
  let value = await truth();
  for (let looks = 1; ; looks += 1) {
    if (value === undefined) await publisher.remove(key);
    else await publisher.put(key, value);
    const after = await truth();
    if (looks >= mostLooks || isDeepStrictEqual(after, value)) return;
    value = after;
  }
};

/** What a gateway is told of a key: of a revoked one, nothing. */
const snapshotOf = (key: TableRow<typeof apiKeys>): identity.KeySnapshot | undefined => {
  const { id, orgId, userId, hash, role, isActive, expiresAt } = key;
  return isActive && hash !== null ? { id, orgId, userId, hash, role, isActive, expiresAt } : undefined;
};
