import type { catalog, InputOf, OutputOf } from '@orrery/contracts';
import { type EventStore, type Fact, instant, text, view } from '@orrery/event-store';
import { countModelsOf } from './models.view.ts';

export const providers = view({
  name: 'providers',
  table: 'providers',
  columns: { provider: text(), name: text(), description: text(), registeredAt: instant() },
  key: ['provider'],
  fold: ({ event }: Fact<catalog.CatalogEvent>) => {
    switch (event.type) {
      case 'ProviderRegistered': {
        const { at: registeredAt, ...card } = event.data;
        return [{ put: { ...card, registeredAt } }];
      }
      case 'ProviderChanged': {
        const { provider, name, description } = event.data;
        return [{ patch: { provider }, set: { name, description } }];
      }
      case 'ProviderRetired':
        return [{ drop: { provider: event.data.provider } }];
      default:
        return [];
    }
  },
});

export const findProvider = async (store: EventStore, provider: catalog.ProviderId): Promise<catalog.ProviderView | undefined> => {
  const [row, models] = await Promise.all([store.read(providers).one({ provider }), countModelsOf(store, [provider])]);
  return row && { ...row, models: models.get(provider) ?? 0 };
};

export const listProviders = async (
  store: EventStore,
  { limit, cursor }: InputOf<typeof catalog.ListProviders>,
): Promise<OutputOf<typeof catalog.ListProviders>> => {
  const page = await store.read(providers).page({ order: { by: ['provider'] }, limit, cursor });
  const models = await countModelsOf(
    store,
    page.items.map(({ provider }) => provider),
  );
  return { ...page, items: page.items.map((row) => ({ ...row, models: models.get(row.provider) ?? 0 })) };
};
