import { billing as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { type Deps, lead, service } from '@orrery/process';
import { accountsConsumer } from './application/accounts.consumer.ts';
import { chargesConsumer, inferenceConsumer } from './application/charges.consumer.ts';
import { GrantsHandler, ledgerHandle } from './application/grants.handler.ts';
import { LedgerSnapshots, ledgersConsumer } from './application/ledger-snapshots.ts';
import { metersConsumer } from './application/meters.consumer.ts';
import { serveWatch, watchOffice } from './application/watch.office.ts';
import { BillingConfig } from './billing.config.ts';
import { openMetersMigration } from './migrations/0001-open-meters.ts';
import { askedMetersMigration } from './migrations/0002-asked-meters.ts';
import { balances } from './views/balances.view.ts';
import { inferenceUsage } from './views/inference-usage.view.ts';
import { OriginsHandler } from './views/origins.handler.ts';
import { entries, transactions } from './views/transactions.view.ts';
import { usage } from './views/usage.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

const ledgerSnapshots = new WeakMap<EventStore, LedgerSnapshots>();

/** The one of a log in this process: requests and consumers are set up apart from each other. */
const ledgerSnapshotsOf = ({ store, bus, log, health }: Deps): LedgerSnapshots => {
  const known = ledgerSnapshots.get(store);
  if (known) return known;
  const made = new LedgerSnapshots({ bus, store, onFault: (err) => log.warn({ err }, 'a snapshot is behind') });
  health.check('snapshots', () => made.areComplete);
  ledgerSnapshots.set(store, made);
  return made;
};

export const billing = service({
  name: 'billing',
  config: BillingConfig,
  migrations: [openMetersMigration, askedMetersMigration],
  events: [contracts.BillingEvents],
  views: [balances, transactions, entries, usage, inferenceUsage],
  module: (deps) => ({
    controllers: [GrantsHandler, OriginsHandler, ViewsHandler],
    providers: [
      { provide: EventStore, useValue: deps.store },
      { provide: LedgerSnapshots, useValue: ledgerSnapshotsOf(deps) },
    ],
  }),
  consumers: (deps) => {
    // One for both: it lets those who change one ledger wait for each other.
    const ledger = ledgerHandle(deps.store);
    return [
      accountsConsumer(deps.config),
      chargesConsumer(ledger),
      inferenceConsumer(ledger),
      metersConsumer(),
      ledgersConsumer(ledgerSnapshotsOf(deps)),
    ];
  },
  start: ({ store, bus, log, databaseUrl }) => lead({ url: databaseUrl, name: watchOffice, log, serve: serveWatch({ store, bus, log }) }),
});
