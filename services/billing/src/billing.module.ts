import { billing as contracts } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { type Running, service } from '@orrery/process';
import { metrics } from '@orrery/telemetry';
import { accountsConsumer } from './application/accounts.consumer.ts';
import { chargesConsumer } from './application/charges.consumer.ts';
import { stopExhausted } from './application/credit.runner.ts';
import { every } from './application/every.ts';
import { GrantsHandler, ledgerHandle } from './application/grants.handler.ts';
import { metersConsumer } from './application/meters.consumer.ts';
import { BillingConfig } from './billing.config.ts';
import { openMetersMigration } from './migrations/0001-open-meters.ts';
import { balances } from './views/balances.view.ts';
import { checkLedger } from './views/ledger-check.ts';
import { entries, transactions } from './views/transactions.view.ts';
import { usage } from './views/usage.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

const creditEveryMs = 1_000;
const checkEveryMs = 60_000;

export const billing = service({
  name: 'billing',
  config: BillingConfig,
  migrations: [openMetersMigration],
  events: [contracts.BillingEvents],
  views: [balances, transactions, entries, usage],
  module: ({ store }) => ({
    controllers: [GrantsHandler, ViewsHandler],
    providers: [{ provide: EventStore, useValue: store }],
  }),
  consumers: ({ store, config }) => [accountsConsumer(config), chargesConsumer(ledgerHandle(store)), metersConsumer()],
  start: ({ store, bus, log }): Running => {
    const credit = every({ everyMs: creditEveryMs, onFault: (err) => log.warn({ err }, 'credit could not be watched') }, () =>
      stopExhausted(store, bus),
    );
    const check = every({ everyMs: checkEveryMs, onFault: (err) => log.warn({ err }, 'the ledger could not be checked') }, async () => {
      const { differences } = await checkLedger(store);
      metrics.ledgerDifferences.record(differences.length, { service: 'billing' });
      if (differences.length > 0) log.error({ differences }, 'balances and entries differ');
    });
    return { stop: async () => void (await Promise.all([credit.stop(), check.stop()])) };
  },
});
