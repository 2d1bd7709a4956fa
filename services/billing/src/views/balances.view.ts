import { type billing, type Currency, formatNanos, type NanosText, type OrgId, parseNanos } from '@orrery/contracts';
import { boolean, type Fact, instant, nanos, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';

/** What nobody paid for; a voucher may have been sold. */
const gifts: ReadonlySet<string> = new Set(['signup', 'manual']);

/** One row an organization: what the API answers from. That `balance` equals the sum of its entries is checked continuously. */
export const balances = view({
  name: 'balances',
  table: 'balances',
  columns: {
    orgId: uuid<OrgId>(),
    currency: text<Currency>(),
    balance: nanos(),
    granted: nanos(),
    purchased: nanos(),
    /** Of what was granted: given at sign-up or by the operator, and nobody's money. */
    gifted: nanos(),
    used: nanos(),
    /** Of what was used: inference, as gateways must know it. */
    bookedInference: nanos(),
    isSuspended: boolean(),
    signupGrantAt: nullable(instant()),
    updatedAt: instant(),
  },
  key: ['orgId'],
  fold: ({ event }: Fact<billing.BillingEvent>) => {
    const { orgId, at: updatedAt } = event.data;
    switch (event.type) {
      case 'AccountOpened': {
        const zero: NanosText = formatNanos(0n);
        const { currency } = event.data;
        return [
          {
            put: {
              orgId,
              currency,
              balance: zero,
              granted: zero,
              purchased: zero,
              gifted: zero,
              used: zero,
              bookedInference: zero,
              isSuspended: false,
              signupGrantAt: null,
              updatedAt,
            },
          },
        ];
      }
      case 'CreditGranted': {
        const { kind, balanceAfter } = event.data;
        const amount = parseNanos(event.data.amount);
        const isPurchase = kind === 'purchased';
        return [
          {
            patch: { orgId },
            set: { balance: balanceAfter, updatedAt, ...(kind === 'signup' ? { signupGrantAt: updatedAt } : {}) },
            add: isPurchase ? { purchased: amount } : { granted: amount, ...(gifts.has(kind) ? { gifted: amount } : {}) },
          },
        ];
      }
      case 'UsageCharged': {
        const { amount, balanceAfter } = event.data;
        return [{ patch: { orgId }, set: { balance: balanceAfter, updatedAt }, add: { used: parseNanos(amount) } }];
      }
      case 'InferenceCharged': {
        const { amount, balanceAfter } = event.data;
        const used = parseNanos(amount);
        return [{ patch: { orgId }, set: { balance: balanceAfter, updatedAt }, add: { used, bookedInference: used } }];
      }
      case 'CreditExhausted':
        return [{ patch: { orgId }, set: { isSuspended: true, updatedAt } }];
      case 'CreditRestored':
        return [{ patch: { orgId }, set: { isSuspended: false, updatedAt } }];
    }
  },
});

export const balanceViewOf = ({ gifted: _, bookedInference: _booked, ...shown }: TableRow<typeof balances>): billing.BalanceView => shown;
