import { catalog as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { service } from '@orrery/process';
import { OffersHandler } from './application/offers.handler.ts';
import { CatalogConfig } from './catalog.config.ts';
import { machineTypes } from './views/machine-types.view.ts';
import { priceBooks } from './views/price-books.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

export const catalog = service({
  name: 'catalog',
  config: CatalogConfig,
  events: [contracts.CatalogEvents],
  views: [machineTypes, priceBooks],
  module: ({ store }) => ({
    controllers: [OffersHandler, ViewsHandler],
    providers: [{ provide: EventStore, useValue: store }],
  }),
});
