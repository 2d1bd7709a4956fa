import { Controller } from '@nestjs/common';
import { billing, type InputOf, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, type Handle, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Command, type Event, Ledger, type Refusal, type State } from '../domain/ledger.ts';
import { balances, balanceViewOf } from '../views/balances.view.ts';
import { LedgerSnapshots } from './ledger-snapshots.ts';
import { ledgerStream } from './ledger-stream.ts';

/** Ledgers grow for as long as their organization lives; their state does not. */
export const ledgerHandle = (store: EventStore): Handle<Command, Event, State, Refusal> =>
  handleWith(store, Ledger, { name: 'ledger', snapshots: { every: 100, shape: 'ledger-1' } });

@Controller()
export class GrantsHandler {
  private readonly ledger;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: LedgerSnapshots,
  ) {
    this.ledger = ledgerHandle(store);
  }

  @Serves(billing.GrantCredits)
  async grant(input: InputOf<typeof billing.GrantCredits>, context: RequestContext): Promise<OutputOf<typeof billing.GrantCredits>> {
    const { orgId, amount, kind, note } = input;
    const transactionId = newId(billing.TransactionId);
    const command = { type: 'Grant', transactionId, kind, amount, note, at: instantOf(systemClock.now()) } as const;
    refuse(await this.ledger(ledgerStream(orgId), command, { ...context, orgId }, { input }));
    // Whoever is told that there is credit may use it at once.
    await this.snapshots.changed(orgId);
    const balance = await this.store.read(balances).one({ orgId });
    return balance ? balanceViewOf(balance) : refuse({ code: 'AccountNotFound', details: {} });
  }
}
