import {
  type billing,
  type Currency,
  type catalog,
  formatNanos,
  type Instant,
  type inference,
  type NanosText,
  parseNanos,
} from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';
import { amountOf, billedSeconds } from './charge.ts';

export type Command =
  | {
      readonly type: 'Open';
      readonly orgId: string;
      readonly currency: Currency;
      /** What it gets to begin with; null: nothing. */
      readonly credit: { readonly transactionId: string; readonly amount: NanosText } | null;
      readonly at: Instant;
    }
  | {
      readonly type: 'Grant';
      readonly transactionId: string;
      readonly kind: 'signup' | 'purchased' | 'voucher' | 'manual';
      readonly amount: NanosText;
      readonly note: string;
      readonly at: Instant;
    }
  | {
      readonly type: 'Charge';
      readonly transactionId: string;
      readonly runId: string;
      readonly machineType: string;
      readonly price: catalog.PinnedPrice;
      readonly ranMs: number;
      readonly startedAt: Instant | null;
      readonly endedAt: Instant;
      readonly at: Instant;
    }
  | {
      readonly type: 'ChargeInference';
      readonly transactionId: string;
      readonly settlement: inference.Settlement;
      readonly at: Instant;
    };

export type Event = billing.BillingEvent;

export type State =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Open';
      readonly orgId: string;
      readonly currency: Currency;
      readonly balance: NanosText;
      readonly isExhausted: boolean;
    };

export type Refusal =
  | { readonly code: 'AccountNotFound'; readonly details: object }
  | { readonly code: 'AmountNotPositive'; readonly details: { readonly amount: string } }
  | { readonly code: 'CurrencyMismatch'; readonly details: { readonly account: Currency; readonly price: Currency } }
  /** Decided by a claim beside the log, not by the state. */
  | { readonly code: 'AlreadyCharged'; readonly details: object };

type Open = Extract<State, { status: 'Open' }>;
type Of<C extends Command['type']> = Extract<Command, { type: C }>;

// What the events are typed with; the brand says that the wire form was checked, and these come from checked events and contexts.
const orgOf = (state: Open) => state.orgId as billing.BalanceView['orgId'];

/** Two entries that sum to zero: what enters `to` leaves `from`. */
const moved = (amount: bigint, from: billing.LedgerAccount, to: billing.LedgerAccount): billing.LedgerEntry[] => [
  { account: from, amount: formatNanos(-amount) },
  { account: to, amount: formatNanos(amount) },
];

const standing = (state: Open, balance: bigint, at: Instant): readonly Event[] => {
  const data = { orgId: orgOf(state), balance: formatNanos(balance), at };
  if (balance <= 0n && !state.isExhausted) return [{ type: 'CreditExhausted', data }];
  if (balance > 0n && state.isExhausted) return [{ type: 'CreditRestored', data }];
  return [];
};

const grant = (command: Of<'Grant'>, state: Open) => {
  const amount = parseNanos(command.amount);
  if (amount <= 0n) return reject('AmountNotPositive', { amount: command.amount });
  const balance = parseNanos(state.balance) + amount;
  const { kind, note, at } = command;
  return accept<Event>(
    {
      type: 'CreditGranted',
      data: {
        orgId: orgOf(state),
        transactionId: command.transactionId as billing.TransactionId,
        kind,
        amount: command.amount,
        balanceAfter: formatNanos(balance),
        note,
        entries: moved(amount, 'grants', 'credits'),
        at,
      },
    },
    ...standing(state, balance, at),
  );
};

const charge = (command: Of<'Charge'>, state: Open) => {
  if (command.price.currency !== state.currency) {
    return reject('CurrencyMismatch', { account: state.currency, price: command.price.currency });
  }
  const seconds = billedSeconds(command.ranMs);
  const amount = amountOf(seconds, command.price);
  const balance = parseNanos(state.balance) - parseNanos(amount);
  const { machineType, price, startedAt, endedAt, at } = command;
  return accept<Event>(
    {
      type: 'UsageCharged',
      data: {
        orgId: orgOf(state),
        transactionId: command.transactionId as billing.TransactionId,
        runId: command.runId as billing.UsageView['runId'],
        meter: 'run.seconds',
        machineType,
        seconds,
        price,
        amount,
        balanceAfter: formatNanos(balance),
        startedAt,
        endedAt,
        entries: moved(parseNanos(amount), 'credits', 'revenue'),
        at,
      },
    },
    ...standing(state, balance, at),
  );
};

const chargeInference = (command: Of<'ChargeInference'>, state: Open) => {
  const { settlementId, requests, lines, currency, cost, from, to } = command.settlement;
  if (currency !== state.currency) return reject('CurrencyMismatch', { account: state.currency, price: currency });
  const balance = parseNanos(state.balance) - parseNanos(cost);
  return accept<Event>(
    {
      type: 'InferenceCharged',
      data: {
        orgId: orgOf(state),
        transactionId: command.transactionId as billing.TransactionId,
        settlementId,
        requests,
        lines,
        amount: cost,
        balanceAfter: formatNanos(balance),
        from,
        to,
        entries: moved(parseNanos(cost), 'credits', 'revenue'),
        at: command.at,
      },
    },
    ...standing(state, balance, command.at),
  );
};

const open = ({ orgId: id, currency, credit, at }: Of<'Open'>) => {
  const orgId = id as billing.BalanceView['orgId'];
  const account: Event = { type: 'AccountOpened', data: { orgId, currency, at } };
  // An empty account has no credit to work on until something is granted; whoever starts work must hear of it.
  if (credit === null) return accept<Event>(account, { type: 'CreditExhausted', data: { orgId, balance: formatNanos(0n), at } });
  // One that is never empty says nothing of that: work that began before the account was known would be stopped for it.
  const state: Open = { status: 'Open', orgId, currency, balance: formatNanos(0n), isExhausted: false };
  const granted = grant({ type: 'Grant', kind: 'signup', note: 'to begin with', ...credit, at }, state);
  return granted.accepted ? accept<Event>(account, ...granted.events) : granted;
};

const decide: Decider<Command, Event, State, Refusal>['decide'] = (command, state) => {
  if (command.type === 'Open') return state.status === 'Open' ? accept() : open(command);
  if (state.status === 'Absent') return reject('AccountNotFound', {});
  switch (command.type) {
    case 'Grant':
      return grant(command, state);
    case 'Charge':
      return charge(command, state);
    case 'ChargeInference':
      return chargeInference(command, state);
  }
};

const evolve = (state: State, event: Event): State => {
  if (event.type === 'AccountOpened') {
    const { orgId, currency } = event.data;
    return { status: 'Open', orgId, currency, balance: formatNanos(0n), isExhausted: false };
  }
  if (state.status === 'Absent') return state;
  switch (event.type) {
    case 'CreditGranted':
    case 'UsageCharged':
    case 'InferenceCharged':
      return { ...state, balance: event.data.balanceAfter };
    case 'CreditExhausted':
      return { ...state, isExhausted: true };
    case 'CreditRestored':
      return { ...state, isExhausted: false };
  }
};

/**
 * The account of one organization: double entry, integer nano-units. Stream `ledger-<orgId>`.
 * Entries of every transaction sum to zero, so the accounts of an organization always do.
 * That a run is charged once is a claim on its id, taken in the transaction of the charge: the state stays small however long the history.
 */
export const Ledger: Decider<Command, Event, State, Refusal> = { initial: { status: 'Absent' }, decide, evolve };
