import { type Currency, type Instant, type NanosText, parseNanos } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { type Command, type Event, Ledger } from './ledger.ts';

export interface Opening {
  readonly orgId: string;
  readonly currency: Currency;
  readonly credit: NanosText;
  readonly transactionId: string;
  readonly at: Instant;
}

/** The first facts of an account: opened, and given what every new organization gets, if that is anything. */
export const opened = ({ orgId, currency, credit, transactionId, at }: Opening): readonly Event[] => {
  const open: Command = { type: 'Open', orgId, currency, at };
  const grant: Command = { type: 'Grant', transactionId, kind: 'signup', amount: credit, note: 'to begin with', at };
  const events: Event[] = [];
  for (const command of parseNanos(credit) > 0n ? [open, grant] : [open]) {
    const decision = Ledger.decide(command, fold(Ledger, events));
    if (decision.accepted) events.push(...decision.events);
  }
  return events;
};
