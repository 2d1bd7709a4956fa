import { type billing, formatNanos, parseNanos } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Ledger } from './ledger.ts';

const at = '2026-01-01T00:00:00.000Z';
const orgId = '0199a000-0000-7000-8000-000000000001';
const transactionId = '0199a000-0000-7000-8000-0000000000aa';
const runId = '0199a000-0000-7000-8000-0000000000bb';
const price = { version: 3, currency: 'EUR', nanosPerSecond: formatNanos(250n) } as const;

const open: Command = { type: 'Open', orgId, currency: 'EUR', credit: null, at };
const grant = (amount: bigint): Command => ({ type: 'Grant', transactionId, kind: 'manual', amount: formatNanos(amount), note: '', at });
const charge = (ranMs: number): Command => ({
  type: 'Charge',
  transactionId,
  runId,
  machineType: 'cpu',
  price,
  ranMs,
  startedAt: at,
  endedAt: at,
  at,
});

const historyOf = (...commands: readonly Command[]): Event[] => {
  const history: Event[] = [];
  for (const command of commands) {
    const decision = Ledger.decide(command, fold(Ledger, history));
    if (decision.accepted) history.push(...decision.events);
  }
  return history;
};

const { given } = specify(Ledger);

describe('a ledger', () => {
  it('opens once, with no credit', () => {
    given()
      .when(open)
      .thenEvents(...historyOf(open));
    expect(historyOf(open).map(({ type }) => type)).toEqual(['AccountOpened', 'CreditExhausted']);
    given(...historyOf(open))
      .when(open)
      .thenNothing();
  });

  it('refuses to move money of an account that does not exist', () => {
    given().when(grant(1n)).thenRejected('AccountNotFound', {});
  });

  it('refuses to grant nothing or less', () => {
    given(...historyOf(open))
      .when(grant(0n))
      .thenRejected('AmountNotPositive', { amount: '0' });
  });

  it('restores the credit with the first grant', () => {
    const types = historyOf(open, grant(1_000n)).map(({ type }) => type);
    expect(types.slice(2)).toEqual(['CreditGranted', 'CreditRestored']);
  });

  it('charges whole seconds at the pinned price', () => {
    const [charged] = historyOf(open, grant(10_000n), charge(1_500)).slice(-1);
    expect(charged).toMatchObject({ type: 'UsageCharged', data: { seconds: 2, amount: '500', balanceAfter: '9500' } });
  });

  it('tells once that the credit is exhausted', () => {
    const types = historyOf(open, grant(600n), charge(2_000), charge(2_000), charge(2_000)).map(({ type }) => type);
    expect(types.filter((type) => type === 'CreditExhausted')).toHaveLength(2);
  });

  it('refuses a price in another currency', () => {
    given(...historyOf(open))
      .when({ ...charge(1_000), price: { ...price, currency: 'USD' } } as Command)
      .thenRejected('CurrencyMismatch', { account: 'EUR', price: 'USD' });
  });

  it('keeps every transaction at zero and every balance equal to its entries, whatever happens', () => {
    const wish = fc.oneof(fc.bigInt({ min: -5n, max: 10n ** 18n }).map(grant), fc.nat(10_000_000).map(charge), fc.constant(open));
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 60 }), (wishes) => {
        const history = historyOf(open, ...wishes);
        const transactions = history.flatMap((event) => ('entries' in event.data ? [event.data.entries] : []));
        const sum = (entries: readonly billing.LedgerEntry[]) => entries.reduce((total, { amount }) => total + parseNanos(amount), 0n);
        for (const entries of transactions) expect(sum(entries)).toBe(0n);
        const credits = sum(transactions.flat().filter(({ account }) => account === 'credits'));
        expect(fold(Ledger, history)).toMatchObject({ balance: credits.toString() });
      }),
    );
  });
});
