import { catalog as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { service } from '@orrery/process';
import { ModelsHandler } from './application/models.handler.ts';
import { OffersHandler } from './application/offers.handler.ts';
import { ProvidersHandler } from './application/providers.handler.ts';
import { Snapshots } from './application/snapshots.ts';
import { CatalogConfig } from './catalog.config.ts';
import { modelNumbersTable } from './migrations/0001-model-numbers.ts';
import { machineTypes } from './views/machine-types.view.ts';
import { ModelListsHandler } from './views/models.handler.ts';
import { models } from './views/models.view.ts';
import { PriceBooks } from './views/price-books.ts';
import { priceBooks } from './views/price-books.view.ts';
import { providers } from './views/providers.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

export const catalog = service({
  name: 'catalog',
  config: CatalogConfig,
  migrations: [modelNumbersTable],
  events: [contracts.CatalogEvents],
  views: [machineTypes, priceBooks, providers, models],
  module: ({ store, bus, log, health }) => {
    const books = new PriceBooks(store);
    const snapshots = new Snapshots({ bus, store, books, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
    health.check('snapshots', () => snapshots.areComplete);
    return {
      controllers: [OffersHandler, ProvidersHandler, ModelsHandler, ModelListsHandler, ViewsHandler],
      providers: [
        { provide: EventStore, useValue: store },
        { provide: PriceBooks, useValue: books },
        { provide: Snapshots, useValue: snapshots },
      ],
    };
  },
});
