import type { OnApplicationShutdown } from '@nestjs/common';
import { epochOf, type Instant, identity, instantOf, type OrgId, type UserId } from '@orrery/contracts';
import type { EventStore, Table, TableRow, Where } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, publishSnapshot, type SnapshotPublisher, tellTruth } from '@orrery/messaging';
import { apiKeys } from '../views/keys/api-keys.view.ts';
import { keySnapshotsOf } from '../views/keys/key-snapshots.ts';
import { orgPlans } from '../views/keys/org-plans.view.ts';
import { appSnapshotOf, oauthApps } from '../views/oauth/oauth-apps.view.ts';
import { memberSnapshotsOf, orgSnapshotsOf } from '../views/orgs/org-snapshots.ts';
import { orgs } from '../views/orgs/orgs.view.ts';
import { users } from '../views/people.view.ts';
import { sessionSnapshotOf, sessions } from '../views/sessions.view.ts';
import type { OauthRecords } from './oauth/oauth-records.ts';
import type { SigningKeys } from './signing/signing-keys.ts';

type Contracts = typeof identity.Snapshots;

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly signingKeys: SigningKeys;
  readonly oauthRecords: OauthRecords;
  readonly onFault: (error: unknown) => void;
}

const pageRows = 500;

/** Every row of a table that matches, a page at a time. */
async function* pagesOf<T extends Table>(
  store: EventStore,
  table: T,
  by: keyof T['columns'] & string,
  where: Where<TableRow<T>> = {},
): AsyncGenerator<readonly TableRow<T>[]> {
  let cursor: string | undefined;
  do {
    const page = await store.read(table).page({ where, order: { by: [by] }, limit: pageRows, cursor });
    yield page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

async function* rowsOf<T extends Table>(...asked: Parameters<typeof pagesOf<T>>): AsyncGenerator<TableRow<T>> {
  for await (const page of pagesOf(...asked)) yield* page;
}

/**
 * Keeps what gateways must know of keys, memberships and sessions up to date. A change is published after its commit; if the process dies
 * between the two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly store: EventStore;
  private readonly signingKeys: SigningKeys;
  private readonly oauthRecords: OauthRecords;
  private readonly toldSigning = new Map<string, string>();
  private readonly apps: SnapshotPublisher<Contracts['apps']['value']>;
  private readonly oauthEnds: SnapshotPublisher<Contracts['oauthEnds']['value']>;
  private readonly keys: SnapshotPublisher<Contracts['keys']['value']>;
  private readonly orgs: SnapshotPublisher<Contracts['orgs']['value']>;
  private readonly members: SnapshotPublisher<Contracts['members']['value']>;
  private readonly plans: SnapshotPublisher<Contracts['plans']['value']>;
  private readonly sessions: SnapshotPublisher<Contracts['sessions']['value']>;
  private readonly signing: SnapshotPublisher<Contracts['signing']['value']>;

  constructor({ bus, store, signingKeys, oauthRecords, onFault }: SnapshotsOptions) {
    const { apps, oauthEnds, keys, orgs: existing, members, plans, sessions: ended, signing } = identity.Snapshots;
    this.store = store;
    this.oauthRecords = oauthRecords;
    this.apps = publishSnapshot(bus, { snapshot: apps, all: () => this.allApps(), onFault });
    this.oauthEnds = publishSnapshot(bus, { snapshot: oauthEnds, all: () => this.allOauthEnds(), onFault });
    this.keys = publishSnapshot(bus, { snapshot: keys, all: () => this.allKeys(), onFault });
    this.orgs = publishSnapshot(bus, { snapshot: existing, all: () => this.allOrgs(), onFault });
    this.members = publishSnapshot(bus, { snapshot: members, all: () => this.allMembers(), onFault });
    this.plans = publishSnapshot(bus, { snapshot: plans, all: () => this.allPlans(), onFault });
    this.sessions = publishSnapshot(bus, { snapshot: ended, all: () => this.allSessions(), onFault });
    this.signingKeys = signingKeys;
    const allSigning = async () => (await signingKeys.published()).map((key) => [key.kid, key] as const);
    this.signing = publishSnapshot(bus, { snapshot: signing, all: allSigning, onFault });
  }

  get areComplete(): boolean {
    return this.all.every(({ isComplete }) => isComplete);
  }

  appChanged(id: identity.OauthAppId): Promise<void> {
    return tellTruth(this.apps, id, async () => {
      const app = await this.store.read(oauthApps).one({ id });
      return app && appSnapshotOf(app);
    });
  }

  oauthEnded(key: string): Promise<void> {
    return tellTruth(this.oauthEnds, key, () => this.oauthRecords.endOf(key));
  }

  async forgetOauthEnds(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.oauthEnds.remove(key);
  }

  keyChanged(id: identity.ApiKeyId): Promise<void> {
    return tellTruth(this.keys, id, async () => {
      const key = await this.store.read(apiKeys).one({ id });
      return key && (await keySnapshotsOf(this.store, [key]))[0];
    });
  }

  /** Of a person who answers for keys, and is or is no more. */
  async keysOfChanged(userId: UserId): Promise<void> {
    for (const where of [{ userId }, { formerUserId: userId }]) {
      for await (const { id } of rowsOf(this.store, apiKeys, 'id', { ...where, isActive: true })) await this.keyChanged(id);
    }
  }

  orgChanged(orgId: OrgId): Promise<void> {
    return tellTruth(this.orgs, orgId, async () => (await orgSnapshotsOf(this.store, [orgId]))[0]);
  }

  membersChanged(userId: UserId): Promise<void> {
    return tellTruth(this.members, userId, async () => (await memberSnapshotsOf(this.store, [userId]))[0]);
  }

  planChanged(orgId: OrgId): Promise<void> {
    return tellTruth(this.plans, orgId, () => this.store.read(orgPlans).one({ orgId }));
  }

  sessionChanged(id: identity.SessionId): Promise<void> {
    return tellTruth(this.sessions, id, async () => {
      const session = await this.store.read(sessions).one({ id });
      return session && sessionSnapshotOf(session);
    });
  }

  /** Every key as it is now; a key that did not change is not told again. */
  async signingChanged(): Promise<void> {
    for (const key of await this.signingKeys.published()) {
      const text = JSON.stringify(key);
      if (this.toldSigning.get(key.kid) === text) continue;
      await tellTruth(this.signing, key.kid, () => this.signingKeys.snapshotOf(key.kid));
      this.toldSigning.set(key.kid, text);
    }
  }

  async forgetSigning(kids: readonly string[]): Promise<void> {
    for (const kid of kids) {
      this.toldSigning.delete(kid);
      await this.signing.remove(kid);
    }
  }

  /** Takes away what was told of sessions whose tokens have all expired since `from`. */
  async forgetSessions(from: Instant, until: Instant): Promise<void> {
    const where = { toldUntil: { gte: from, lt: until } };
    for await (const { id } of rowsOf(this.store, sessions, 'id', where)) await this.sessions.remove(id);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((publisher) => publisher.close()));
  }

  private get all() {
    return [this.keys, this.orgs, this.members, this.plans, this.sessions, this.signing, this.apps, this.oauthEnds];
  }

  private async allApps() {
    const apps: [string, identity.AppSnapshot][] = [];
    for await (const app of rowsOf(this.store, oauthApps, 'id')) {
      const snapshot = appSnapshotOf(app);
      if (snapshot) apps.push([app.id, snapshot]);
    }
    return apps;
  }

  private async allOauthEnds() {
    const ends: (readonly [string, identity.OauthEndSnapshot])[] = [];
    for (;;) {
      const page = await this.oauthRecords.endsAfter(ends.at(-1)?.[0] ?? '', pageRows);
      ends.push(...page);
      if (page.length < pageRows) return ends;
    }
  }

  // What is revoked, switched off or expired is left out: a gateway that does not know a key refuses it.
  private async allKeys() {
    const now = systemClock.now();
    const keys: [string, identity.KeySnapshot][] = [];
    for await (const page of pagesOf(this.store, apiKeys, 'id', { isActive: true })) {
      const lasting = page.filter(({ expiresAt }) => expiresAt === null || epochOf(expiresAt) > now);
      for (const snapshot of await keySnapshotsOf(this.store, lasting)) keys.push([snapshot.id, snapshot]);
    }
    return keys;
  }

  private async allPlans() {
    const plans: [string, identity.PlanSnapshot][] = [];
    for await (const plan of rowsOf(this.store, orgPlans, 'orgId')) plans.push([plan.orgId, plan]);
    return plans;
  }

  private async allSessions() {
    const all: [string, identity.SessionSnapshot][] = [];
    for await (const session of rowsOf(this.store, sessions, 'id', { toldUntil: { gt: instantOf(systemClock.now()) } })) {
      const snapshot = sessionSnapshotOf(session);
      if (snapshot) all.push([session.id, snapshot]);
    }
    return all;
  }

  private async allOrgs() {
    const all: [string, identity.OrgSnapshot][] = [];
    for await (const page of pagesOf(this.store, orgs, 'id')) {
      const ids = page.map(({ id }) => id);
      for (const snapshot of await orgSnapshotsOf(this.store, ids)) all.push([snapshot.orgId, snapshot]);
    }
    return all;
  }

  private async allMembers() {
    const all: [string, identity.MemberSnapshot][] = [];
    for await (const page of pagesOf(this.store, users, 'id')) {
      const ids = page.map(({ id }) => id);
      for (const snapshot of await memberSnapshotsOf(this.store, ids)) all.push([snapshot.userId, snapshot]);
    }
    return all;
  }
}
