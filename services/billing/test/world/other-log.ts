import { randomUUID } from 'node:crypto';
import type { EventContracts } from '@orrery/contracts';
import { EventStore, migrate, openDatabase, type Relay, startRelay } from '@orrery/event-store';
import type { Bus } from '@orrery/messaging';
import { type FreshDatabase, freshDatabase } from '@orrery/testing';

/** Another service's log, with its relay: real events, as that service would publish them. */
export class OtherLog {
  static async open(service: string, events: EventContracts, nats: Bus): Promise<OtherLog> {
    const database = await freshDatabase(service);
    const dataSource = await openDatabase({ url: database.url, applicationName: service });
    await migrate(dataSource);
    const store = new EventStore({ dataSource, service, events: [events], keks: [Buffer.alloc(32, 1)] });
    return new OtherLog(store, startRelay({ store, nats: nats.connection }), database);
  }

  private constructor(
    readonly store: EventStore,
    private readonly relay: Relay,
    private readonly database: FreshDatabase,
  ) {}

  async happen(stream: string, orgId: string, ...events: { type: string; data: object }[]): Promise<void> {
    const { version } = await this.store.load(stream);
    const metadata = { correlationId: randomUUID(), causationId: 'test', actor: 'test', orgId };
    await this.store.commit({ appends: [{ stream, expected: version, events }], metadata });
  }

  async close(): Promise<void> {
    await this.relay.stop();
    await this.store.close();
    await this.store.dataSource.destroy();
    await this.database.drop();
  }
}
