import { type Currency, type catalog, epochOf, type Instant } from '@orrery/contracts';
import { accept, type Decider, reject } from '@orrery/kernel';

export interface Publish {
  readonly type: 'Publish';
  readonly currency: Currency;
  readonly effectiveAt: Instant;
  readonly prices: readonly catalog.Price[];
  readonly at: Instant;
}

export type Event = Extract<catalog.CatalogEvent, { type: 'PriceBookPublished' }>;

export type State =
  | { readonly status: 'Empty' }
  | { readonly status: 'Published'; readonly version: number; readonly currency: Currency; readonly effectiveAt: Instant };

export type Refusal =
  | { readonly code: 'EffectiveBeforeCurrent'; readonly details: { readonly effectiveAt: Instant } }
  | { readonly code: 'CurrencyChanged'; readonly details: { readonly currency: Currency } }
  | { readonly code: 'DuplicatePrice'; readonly details: { readonly meter: string; readonly resource: string } };

const duplicateOf = (prices: readonly catalog.Price[]): catalog.Price | undefined => {
  const seen = new Set<string>();
  return prices.find((price) => {
    const key = [price.meter, price.resource, 'provider' in price ? (price.provider ?? '') : ''].join(' ');
    const isDuplicate = seen.has(key);
    seen.add(key);
    return isDuplicate;
  });
};

const decide: Decider<Publish, Event, State, Refusal>['decide'] = (command, state) => {
  const duplicate = duplicateOf(command.prices);
  if (duplicate) return reject('DuplicatePrice', { meter: duplicate.meter, resource: duplicate.resource });
  if (state.status === 'Published') {
    // Balances are kept in one currency: a change would make them mean something else.
    if (state.currency !== command.currency) return reject('CurrencyChanged', { currency: state.currency });
    if (epochOf(command.effectiveAt) < epochOf(state.effectiveAt)) {
      return reject('EffectiveBeforeCurrent', { effectiveAt: state.effectiveAt });
    }
  }
  const version = state.status === 'Published' ? state.version + 1 : 1;
  const { currency, effectiveAt, at } = command;
  return accept({ type: 'PriceBookPublished', data: { version, currency, effectiveAt, prices: [...command.prices], at } });
};

// Every book replaces the one before: what came earlier does not matter to the next decision.
const evolve = (_: State, { data }: Event): State => ({
  status: 'Published',
  version: data.version,
  currency: data.currency,
  effectiveAt: data.effectiveAt,
});

/** The price books of the platform, one after another. Stream `price-book-platform`. */
export const PriceBook: Decider<Publish, Event, State, Refusal> = { initial: { status: 'Empty' }, decide, evolve };
