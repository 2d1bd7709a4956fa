import { formatNanos } from '@orrery/contracts';
import { opened } from './opening.ts';

const at = '2026-01-01T00:00:00.000Z';
const account = {
  orgId: '0199a000-0000-7000-8000-000000000001',
  currency: 'EUR',
  transactionId: '0199a000-0000-7000-8000-0000000000aa',
  at,
} as const;

describe('the opening of an account', () => {
  it('comes with the sign-up credit', () => {
    const events = opened({ ...account, credit: formatNanos(5_000n) });
    // Nobody hears that it was empty for a moment: who had begun to work at once would be stopped.
    expect(events.map(({ type }) => type)).toEqual(['AccountOpened', 'CreditGranted']);
    expect(events[1]).toMatchObject({ data: { kind: 'signup', amount: '5000', balanceAfter: '5000' } });
  });

  it('leaves an account without credit where none is given', () => {
    const events = opened({ ...account, credit: formatNanos(0n) });
    expect(events.map(({ type }) => type)).toEqual(['AccountOpened', 'CreditExhausted']);
  });
});
