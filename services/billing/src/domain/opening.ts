import { type Currency, type Instant, type NanosText, parseNanos } from '@orrery/contracts';
import { type Event, Ledger } from './ledger.ts';

export interface Opening {
  readonly orgId: string;
  readonly currency: Currency;
  readonly credit: NanosText;
  readonly transactionId: string;
  readonly at: Instant;
}

/** The first facts of an account: opened, and given what every new organization gets, if that is anything. */
export const opened = ({ credit: amount, transactionId, ...account }: Opening): readonly Event[] => {
  const credit = parseNanos(amount) > 0n ? { transactionId, amount } : null;
  const decision = Ledger.decide({ type: 'Open', ...account, credit }, Ledger.initial);
  return decision.accepted ? decision.events : [];
};
