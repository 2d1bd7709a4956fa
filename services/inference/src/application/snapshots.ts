import type { OnApplicationShutdown } from '@nestjs/common';
import { inference, type OrgId } from '@orrery/contracts';
import { sealFor } from '@orrery/credentials';
import type { EventStore, TableRow } from '@orrery/event-store';
import { type Bus, publishSnapshot, type SnapshotPublisher, tellTruth } from '@orrery/messaging';
import { allLimits, limitsOf } from '../views/limits.view.ts';
import { routes, upstreams } from '../views/routing.view.ts';
import { allSettings, settingsSnapshotOf } from '../views/settings.view.ts';
import { credentialOf } from './upstream-credentials.ts';

type Contracts = typeof inference.Snapshots;

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  /** What gateways open credentials with. */
  readonly gatewayKey: Buffer;
  readonly onFault: (error: unknown) => void;
}

/**
 * Keeps what gateways must know of upstreams, routes, limits and settings up to date. A change is published after its commit; if the process dies between the
 * two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly options: SnapshotsOptions;
  private readonly upstreams: SnapshotPublisher<Contracts['upstreams']['value']>;
  private readonly routes: SnapshotPublisher<Contracts['routes']['value']>;
  private readonly limits: SnapshotPublisher<Contracts['limits']['value']>;
  private readonly settings: SnapshotPublisher<Contracts['settings']['value']>;

  constructor(options: SnapshotsOptions) {
    const { bus, store, onFault } = options;
    this.options = options;
    this.limits = publishSnapshot(bus, { snapshot: inference.Snapshots.limits, all: () => allLimits(store), onFault });
    this.settings = publishSnapshot(bus, { snapshot: inference.Snapshots.settings, all: () => allSettings(store), onFault });
    this.upstreams = publishSnapshot(bus, { snapshot: inference.Snapshots.upstreams, all: () => this.allUpstreams(), onFault });
    this.routes = publishSnapshot(bus, { snapshot: inference.Snapshots.routes, all: () => this.allRoutes(), onFault });
  }

  get areComplete(): boolean {
    return this.all.every(({ isComplete }) => isComplete);
  }

  upstreamChanged(name: string): Promise<void> {
    return tellTruth(this.upstreams, name, async () => {
      const row = await this.options.store.read(upstreams).one({ name });
      return row && (await this.told(row));
    });
  }

  routeChanged(name: string): Promise<void> {
    return tellTruth(this.routes, name, async () => {
      const row = await this.options.store.read(routes).one({ name });
      return row && routeOf(row);
    });
  }

  limitsChanged(orgId: OrgId): Promise<void> {
    return tellTruth(this.limits, orgId, () => limitsOf(this.options.store, orgId));
  }

  settingsChanged(orgId: OrgId): Promise<void> {
    return tellTruth(this.settings, orgId, () => settingsSnapshotOf(this.options.store, orgId));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((publisher) => publisher.close()));
  }

  private get all() {
    return [this.upstreams, this.routes, this.limits, this.settings];
  }

  private async told({ setAt: _, credentialVersion, ...upstream }: TableRow<typeof upstreams>): Promise<inference.UpstreamSnapshot> {
    const { store, gatewayKey } = this.options;
    const { name } = upstream;
    const credential = credentialVersion === 0 ? undefined : await credentialOf(store, name);
    return { ...upstream, credential: credential === undefined ? null : sealFor(gatewayKey, credential, inference.upstreamBinding(name)) };
  }

  private async allUpstreams() {
    const rows = await this.options.store.read(upstreams).list({ order: { by: ['name'] }, limit: inference.mostUpstreams });
    const all: (readonly [string, inference.UpstreamSnapshot])[] = [];
    for (const row of rows) all.push([row.name, await this.told(row)]);
    return all;
  }

  private async allRoutes() {
    const rows = await this.options.store.read(routes).list({ order: { by: ['name'] }, limit: inference.mostRoutes });
    return rows.map((row) => [row.name, routeOf(row)] as const);
  }
}

const routeOf = ({ setAt: _, ...route }: TableRow<typeof routes>): inference.Route => route;
