import type { OnApplicationShutdown } from '@nestjs/common';
import { catalog } from '@orrery/contracts';
import type { EventStore, TableRow } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Bus, publishSnapshot, type SnapshotPublisher, tellTruth } from '@orrery/messaging';
import { models } from '../views/models.view.ts';
import type { Book, PriceBooks } from '../views/price-books.ts';

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly store: EventStore;
  readonly books: PriceBooks;
  readonly onFault: (error: unknown) => void;
}

const pageRows = 500;
/** Longer than a request takes: what it is charged by is what held when it began. */
const longestMs = 3_600_000;

/**
 * Keeps what gateways must know of models and their prices up to date. A change is published after its commit; if the process dies between the
 * two, or the bus loses its data, everything is compared with the views again.
 */
export class Snapshots implements OnApplicationShutdown {
  private readonly options: SnapshotsOptions;
  private readonly models: SnapshotPublisher<typeof catalog.Snapshots.models.value>;

  constructor(options: SnapshotsOptions) {
    const { bus, onFault } = options;
    this.options = options;
    this.models = publishSnapshot(bus, { snapshot: catalog.Snapshots.models, all: () => this.allModels(), onFault });
  }

  get areComplete(): boolean {
    return this.models.isComplete;
  }

  modelChanged(modelId: catalog.ModelId): Promise<void> {
    const { store, books } = this.options;
    return tellTruth(this.models, modelId, async () => {
      const row = await store.read(models).one({ modelId });
      return row && snapshotOf(row, await books.from(systemClock.now() - longestMs));
    });
  }

  /** Of any model. What did not change is not told again; nobody waits for it, for there may be many. */
  pricesChanged(): void {
    void this.models.fill();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.models.close();
  }

  private async allModels() {
    const { store, books } = this.options;
    const from = await books.from(systemClock.now() - longestMs);
    const all: (readonly [string, catalog.ModelSnapshot])[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.read(models).page({ order: { by: ['modelId'] }, limit: pageRows, cursor });
      all.push(...page.items.map((row) => [row.modelId, snapshotOf(row, from)] as const));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }
}

const snapshotOf = (row: TableRow<typeof models>, books: readonly Book[]): catalog.ModelSnapshot => {
  const { modelId, name, aliases, provider, source, metadata, contextLength, maxOutputTokens, isLive, registeredAt } = row;
  const shown = { provider, source, displayName: metadata['display-name'] ?? null, registeredAt };
  const pricesIn = (book: Book): catalog.ModelPrices => {
    const { prices: _, ...head } = book.view;
    return { ...head, prices: book.ofModel(name) };
  };
  return { modelId, name, aliases, ...shown, contextLength, maxOutputTokens, isLive, books: books.map(pricesIn) };
};
