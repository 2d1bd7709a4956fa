import type { OnApplicationShutdown } from '@nestjs/common';
import { billing, type OrgId } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore, type TableRow } from '@orrery/event-store';
import { type Bus, publishSnapshot, type SnapshotPublisher, tellTruth } from '@orrery/messaging';
import { balances } from '../views/balances.view.ts';

export interface LedgerSnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly onFault: (error: unknown) => void;
}

const pageRows = 500;

/**
 * Keeps what gateways must know of accounts up to date. A change is published after its commit; if the process dies between the two, or the bus
 * loses its data, everything is compared with the balances again.
 */
export class LedgerSnapshots implements OnApplicationShutdown {
  private readonly store: EventStore;
  private readonly ledgers: SnapshotPublisher<typeof billing.Snapshots.ledgers.value>;

  constructor({ bus, store, onFault }: LedgerSnapshotsOptions) {
    this.store = store;
    this.ledgers = publishSnapshot(bus, { snapshot: billing.Snapshots.ledgers, all: () => this.allLedgers(), onFault });
  }

  get areComplete(): boolean {
    return this.ledgers.isComplete;
  }

  changed(orgId: OrgId): Promise<void> {
    return tellTruth(this.ledgers, orgId, async () => {
      const row = await this.store.read(balances).one({ orgId });
      return row && snapshotOf(row);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.ledgers.close();
  }

  private async allLedgers() {
    const all: (readonly [string, billing.LedgerSnapshot])[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.read(balances).page({ order: { by: ['orgId'] }, limit: pageRows, cursor });
      all.push(...page.items.map((row) => [row.orgId, snapshotOf(row)] as const));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }
}

const snapshotOf = ({ orgId, currency, balance, bookedInference }: TableRow<typeof balances>): billing.LedgerSnapshot => ({
  orgId,
  currency,
  balance,
  booked: bookedInference,
});

/** Whatever moves money is an event, so whoever moves it need not think of the gateways. Which came first does not matter: the truth is read. */
export const ledgersConsumer = (snapshots: LedgerSnapshots): Consumer =>
  consumer({
    service: 'billing',
    name: 'ledgers',
    order: 'none',
    events: Object.values(billing.BillingEvents),
    react: async ({ event }) => {
      await snapshots.changed(event.data.orgId);
      return undefined;
    },
  });
