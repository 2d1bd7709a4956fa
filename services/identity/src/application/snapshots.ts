import type { OnApplicationShutdown } from '@nestjs/common';
import { identity, instantOf } from '@orrery/contracts';
import { select } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, publishSnapshot, type SnapshotPublisher } from '@orrery/messaging';
import type { DataSource } from 'typeorm';
import { apiKeys } from '../views/api-keys.view.ts';
import { membershipsOf } from '../views/memberships.ts';
import { members } from '../views/people.view.ts';
import type { AccessTokens } from './access-tokens.ts';

type Contracts = typeof identity.Snapshots;

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly database: DataSource;
  readonly accessTokens: AccessTokens;
  readonly onFault: (error: unknown) => void;
}

/**
 * Keeps what gateways must know of keys and memberships up to date. A change is published after its commit; if the process dies
 * between the two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly database: DataSource;
  private readonly keys: SnapshotPublisher<Contracts['keys']['value']>;
  private readonly members: SnapshotPublisher<Contracts['members']['value']>;
  private readonly signing: SnapshotPublisher<Contracts['signing']['value']>;

  constructor({ bus, database, accessTokens, onFault }: SnapshotsOptions) {
    const { keys, members: memberships, signing } = identity.Snapshots;
    this.database = database;
    this.keys = publishSnapshot(bus, { snapshot: keys, all: () => this.allKeys(), onFault });
    this.members = publishSnapshot(bus, { snapshot: memberships, all: () => this.allMembers(), onFault });
    const current = accessTokens.snapshot;
    this.signing = publishSnapshot(bus, { snapshot: signing, all: () => Promise.resolve([[current.kid, current]]), onFault });
  }

  get areComplete(): boolean {
    return this.keys.isComplete && this.members.isComplete && this.signing.isComplete;
  }

  async keyChanged(keyId: string): Promise<void> {
    const [key] = await select(this.database, apiKeys, { text: 'WHERE id = $1', values: [keyId] });
    if (!key) return;
    if (key.isActive) await this.keys.put(key.id, key);
    else await this.keys.remove(key.id);
  }

  async membersChanged(userId: string): Promise<void> {
    await this.members.put(userId, await membershipsOf(this.database, userId));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.keys.close(), this.members.close(), this.signing.close()]);
  }

  // What is revoked or expired is left out: a gateway that does not know a key refuses it.
  private async allKeys() {
    const now = instantOf(systemClock.now());
    const rows = await select(this.database, apiKeys, {
      text: 'WHERE is_active AND (expires_at IS NULL OR expires_at > $1)',
      values: [now],
    });
    return rows.map((key) => [key.id, key] as const);
  }

  private async allMembers() {
    const rows = await select(this.database, members, { text: 'ORDER BY user_id' });
    const users = [...new Set(rows.map(({ userId }) => userId))];
    return Promise.all(users.map(async (userId) => [userId, await membershipsOf(this.database, userId)] as const));
  }
}
