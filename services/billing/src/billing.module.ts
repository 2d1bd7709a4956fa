import { billing as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { lead, service } from '@orrery/process';
import { accountsConsumer } from './application/accounts.consumer.ts';
import { chargesConsumer } from './application/charges.consumer.ts';
import { GrantsHandler, ledgerHandle } from './application/grants.handler.ts';
import { metersConsumer } from './application/meters.consumer.ts';
import { serveWatch, watchOffice } from './application/watch.office.ts';
import { BillingConfig } from './billing.config.ts';
import { openMetersMigration } from './migrations/0001-open-meters.ts';
import { askedMetersMigration } from './migrations/0002-asked-meters.ts';
import { balances } from './views/balances.view.ts';
import { OriginsHandler } from './views/origins.handler.ts';
import { entries, transactions } from './views/transactions.view.ts';
import { usage } from './views/usage.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

export const billing = service({
  name: 'billing',
  config: BillingConfig,
  migrations: [openMetersMigration, askedMetersMigration],
  events: [contracts.BillingEvents],
  views: [balances, transactions, entries, usage],
  module: ({ store }) => ({
    controllers: [GrantsHandler, OriginsHandler, ViewsHandler],
    providers: [{ provide: EventStore, useValue: store }],
  }),
  consumers: ({ store, config }) => [accountsConsumer(config), chargesConsumer(ledgerHandle(store)), metersConsumer()],
  start: ({ store, bus, log, databaseUrl }) => lead({ url: databaseUrl, name: watchOffice, log, serve: serveWatch({ store, bus, log }) }),
});
