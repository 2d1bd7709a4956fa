import { Controller } from '@nestjs/common';
import { catalog, epochOf, type InputOf, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { MachineType } from '../domain/machine-type.ts';
import { PriceBook } from '../domain/price-book.ts';
import { Snapshots } from './snapshots.ts';

/** One stream for all books: which version comes next is one decision. */
const bookStream = 'price-book-platform';
const streamOf = (name: string): string => `machine-type-${name}`;

@Controller()
export class OffersHandler {
  private readonly machineType;
  private readonly priceBook;

  constructor(
    store: EventStore,
    private readonly snapshots: Snapshots,
  ) {
    this.machineType = handleWith(store, MachineType, { name: 'machine-type' });
    this.priceBook = handleWith(store, PriceBook, { name: 'price-book' });
  }

  @Serves(catalog.PublishMachineType)
  async publishMachineType(
    input: InputOf<typeof catalog.PublishMachineType>,
    context: RequestContext,
  ): Promise<OutputOf<typeof catalog.PublishMachineType>> {
    const at = instantOf(systemClock.now());
    const answer = () => ({ ...input, isOffered: true, publishedAt: at });
    return refuse(await this.machineType(streamOf(input.name), { type: 'Publish', ...input, at }, context, { input, answer })).answer;
  }

  @Serves(catalog.RetireMachineType)
  async retireMachineType(
    input: InputOf<typeof catalog.RetireMachineType>,
    context: RequestContext,
  ): Promise<OutputOf<typeof catalog.RetireMachineType>> {
    refuse(await this.machineType(streamOf(input.name), { type: 'Retire', at: instantOf(systemClock.now()) }, context, { input }));
    return {};
  }

  @Serves(catalog.PublishPriceBook)
  async publishPriceBook(
    input: InputOf<typeof catalog.PublishPriceBook>,
    context: RequestContext,
  ): Promise<OutputOf<typeof catalog.PublishPriceBook>> {
    const at = instantOf(systemClock.now());
    const { currency, prices, effectiveAt = at } = input;
    // A book that names a moment that has passed would change prices of work already accepted.
    const command = { type: 'Publish', currency, prices, effectiveAt: epochOf(effectiveAt) < epochOf(at) ? at : effectiveAt, at } as const;
    const answer = (_: unknown, state: typeof PriceBook.initial) => ({
      version: state.status === 'Published' ? state.version : 0,
      currency,
      effectiveAt: command.effectiveAt,
      prices,
    });
    const published = refuse(await this.priceBook(bookStream, command, context, { input, answer })).answer;
    this.snapshots.pricesChanged();
    return published;
  }
}
