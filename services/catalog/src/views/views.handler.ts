import { Controller } from '@nestjs/common';
import { catalog, epochOf, type InputOf, type OutputOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import type { DataSource } from 'typeorm';
import { listMachineTypes } from './machine-types.view.ts';
import { priceBookAt } from './price-books.view.ts';

@Controller()
export class ViewsHandler {
  constructor(private readonly database: DataSource) {}

  @Serves(catalog.ListMachineTypes)
  list(input: InputOf<typeof catalog.ListMachineTypes>): Promise<OutputOf<typeof catalog.ListMachineTypes>> {
    return listMachineTypes(this.database, input, systemClock.now());
  }

  @Serves(catalog.GetPriceBook)
  async book({ at }: InputOf<typeof catalog.GetPriceBook>): Promise<OutputOf<typeof catalog.GetPriceBook>> {
    const book = await priceBookAt(this.database, at === undefined ? systemClock.now() : epochOf(at));
    return book ?? refuse({ code: 'NoPriceBook', details: {} });
  }
}
