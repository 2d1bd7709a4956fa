import { billing, type Currency, formatNanos, identity, instantOf, type Nanos, newId } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { opened } from '../domain/opening.ts';
import { ledgerStream } from './ledger-stream.ts';

export interface Opening {
  readonly currency: Currency;
  /** What every new organization gets to try things; may be nothing. */
  readonly signupCredit: Nanos;
}

/** Every organization has an account from its first moment on. */
export const accountsConsumer = ({ currency, signupCredit }: Opening): Consumer =>
  consumer({
    service: 'billing',
    name: 'accounts',
    events: [identity.IdentityEvents.OrgCreated],
    react: async ({ event }) => {
      const { orgId } = event.data;
      const at = instantOf(systemClock.now());
      const events = opened({ orgId, currency, at, credit: formatNanos(signupCredit), transactionId: newId(billing.TransactionId) });
      return { appends: [{ stream: ledgerStream(orgId), expected: 0, events }] };
    },
  });
