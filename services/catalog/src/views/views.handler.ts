import { Controller } from '@nestjs/common';
import { catalog, epochOf, type InputOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { listMachineTypes } from './machine-types.view.ts';
import { listPriceBooks, priceBookAt, priceBooks } from './price-books.view.ts';

@Controller()
export class ViewsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(catalog.ListMachineTypes)
  list(input: InputOf<typeof catalog.ListMachineTypes>): Promise<OutputOf<typeof catalog.ListMachineTypes>> {
    return listMachineTypes(this.store, input, systemClock.now());
  }

  @Serves(catalog.GetPriceBook)
  async book({ at, version }: InputOf<typeof catalog.GetPriceBook>): Promise<OutputOf<typeof catalog.GetPriceBook>> {
    const moment = at === undefined ? systemClock.now() : epochOf(at);
    const book = version === undefined ? await priceBookAt(this.store, moment) : await this.store.read(priceBooks).one({ version });
    return book ?? refuse({ code: 'NoPriceBook', details: {} });
  }

  @Serves(catalog.ListPriceBooks)
  books(input: InputOf<typeof catalog.ListPriceBooks>): Promise<OutputOf<typeof catalog.ListPriceBooks>> {
    return listPriceBooks(this.store, input);
  }
}
