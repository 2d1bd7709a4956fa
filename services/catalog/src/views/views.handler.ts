import { Controller } from '@nestjs/common';
import { catalog, epochOf, type InputOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { listMachineTypes } from './machine-types.view.ts';
import { PriceBooks } from './price-books.ts';
import { listPriceBooks } from './price-books.view.ts';

@Controller()
export class ViewsHandler {
  constructor(
    private readonly store: EventStore,
    private readonly priceBooks: PriceBooks,
  ) {}

  @Serves(catalog.ListMachineTypes)
  list(input: InputOf<typeof catalog.ListMachineTypes>): Promise<OutputOf<typeof catalog.ListMachineTypes>> {
    return listMachineTypes({ store: this.store, books: this.priceBooks }, input, systemClock.now());
  }

  @Serves(catalog.GetPriceBook)
  async book({ at, version }: InputOf<typeof catalog.GetPriceBook>): Promise<OutputOf<typeof catalog.GetPriceBook>> {
    const moment = at === undefined ? systemClock.now() : epochOf(at);
    const book = version === undefined ? await this.priceBooks.at(moment) : await this.priceBooks.version(version);
    return book?.view ?? refuse({ code: 'NoPriceBook', details: {} });
  }

  @Serves(catalog.ListPriceBooks)
  books(input: InputOf<typeof catalog.ListPriceBooks>): Promise<OutputOf<typeof catalog.ListPriceBooks>> {
    return listPriceBooks(this.store, input);
  }
}
