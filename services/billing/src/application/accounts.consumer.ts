import { billing, type Currency, formatNanos, identity, instantOf, type Nanos, nanos, newId } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { opened } from '../domain/opening.ts';
import { ledgerStream } from './ledger-stream.ts';

export interface Opening {
  readonly currency: Currency;
  /** What a new person gets, in the organization of their own, to try things; may be nothing. */
  readonly signupCredit: Nanos;
}

/** Every organization has an account from its first moment on. */
export const accountsConsumer = ({ currency, signupCredit }: Opening): Consumer =>
  consumer({
    service: 'billing',
    name: 'accounts',
    events: [identity.IdentityEvents.OrgCreated],
    react: async ({ event }) => {
      const { orgId, kind } = event.data;
      const at = instantOf(systemClock.now());
      // Once for a person: whoever could make organizations would make money.
      const credit = formatNanos(kind === 'personal' ? signupCredit : nanos(0n));
      const events = opened({ orgId, currency, at, credit, transactionId: newId(billing.TransactionId) });
      return { appends: [{ stream: ledgerStream(orgId), expected: 0, events }] };
    },
  });
