import { formatNanos } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { PriceBook, type Publish } from './price-book.ts';

const price = { meter: 'run.seconds', resource: 'cpu', unit: 'second', nanosPerUnit: formatNanos(25_000n) } as const;
const publish: Publish = {
  type: 'Publish',
  currency: 'EUR',
  effectiveAt: '2026-01-01T00:00:00.000Z',
  prices: [price],
  at: '2025-12-01T00:00:00.000Z',
};
const { currency, effectiveAt, prices, at } = publish;
const published = { type: 'PriceBookPublished' as const, data: { version: 1, currency, effectiveAt, prices: [...prices], at } };

const { given } = specify(PriceBook);

describe('a price book', () => {
  it('begins with version 1', () => {
    given().when(publish).thenEvents(published);
  });

  it('counts its versions', () => {
    given(published)
      .when(publish)
      .thenEvents({ ...published, data: { ...published.data, version: 2 } });
  });

  it('never takes effect before the one it follows', () => {
    given(published)
      .when({ ...publish, effectiveAt: '2025-12-31T00:00:00.000Z' })
      .thenRejected('EffectiveBeforeCurrent', { effectiveAt });
  });

  it('names one price for one thing', () => {
    given()
      .when({ ...publish, prices: [price, price] })
      .thenRejected('DuplicatePrice', { meter: 'run.seconds', resource: 'cpu' });
  });

  it('names a price of a model once for each provider, and once for all others', () => {
    const tokens = { meter: 'tokens.input', resource: 'orrery/tiny-chat', unit: 'token', nanosPerUnit: formatNanos(5n) } as const;
    const prices = [tokens, { ...tokens, provider: 'a' }, { ...tokens, provider: 'b' }];
    given()
      .when({ ...publish, prices })
      .thenEvents({ ...published, data: { ...published.data, prices } });
    given()
      .when({ ...publish, prices: [...prices, { ...tokens, provider: 'b' }] })
      .thenRejected('DuplicatePrice', { meter: 'tokens.input', resource: 'orrery/tiny-chat' });
  });

  it('keeps the currency of the platform', () => {
    given(published)
      .when({ ...publish, currency: 'USD' })
      .thenRejected('CurrencyChanged', { currency: 'EUR' });
  });
});
