import type { catalog } from '@orrery/contracts';
import { boolean, type EventStore, type Fact, instant, integer, json, nullable, text, uuid, view } from '@orrery/event-store';
import type { Event } from '../domain/model.ts';

/** Between bars, so that a test of text finds a whole word. */
const wordsOf = (words: readonly string[]): string => `|${words.join('|')}|`;
export const wordIn = (word: string): { readonly contains: string } => ({ contains: wordsOf([word]) });

type Card = Extract<Event, { type: 'ModelRegistered' | 'ModelChanged' }>['data'];

const rowOf = ({ at: changedAt, ...card }: Card) => ({
  ...card,
  searched: [card.name, ...card.aliases, card.family ?? '', card.description].join('\n'),
  capabilityWords: wordsOf(card.capabilities),
  changedAt,
});

export const models = view({
  name: 'models',
  table: 'models',
  columns: {
    modelId: uuid<catalog.ModelId>(),
    name: text(),
    provider: text(),
    aliases: json<string[]>(),
    family: nullable(text()),
    type: text<catalog.ModelType>(),
    contextLength: nullable(integer()),
    maxOutputTokens: nullable(integer()),
    inputModalities: json<catalog.Modality[]>(),
    outputModalities: json<catalog.Modality[]>(),
    capabilities: json<catalog.Capability[]>(),
    description: text(),
    needsGpu: boolean(),
    source: nullable(json<catalog.ModelSource>()),
    metadata: json<Record<string, string>>(),
    isLive: boolean(),
    registeredAt: instant(),
    changedAt: instant(),
    searched: text(),
    capabilityWords: text(),
  },
  key: ['modelId'],
  indexes: [['name'], ['provider', 'name']],
  fold: ({ event }: Fact<catalog.CatalogEvent>) => {
    switch (event.type) {
      case 'ModelRegistered':
        return [{ put: { ...rowOf(event.data), isLive: false, registeredAt: event.data.at } }];
      case 'ModelChanged': {
        const { modelId, ...row } = rowOf(event.data);
        return [{ patch: { modelId }, set: row }];
      }
      case 'ModelWentLive':
      case 'ModelWentOffline':
        return [{ patch: { modelId: event.data.modelId }, set: { isLive: event.type === 'ModelWentLive', changedAt: event.data.at } }];
      case 'ModelRetired':
        return [{ drop: { modelId: event.data.modelId } }];
      default:
        return [];
    }
  },
});

/** How many models of the catalog are from each of these. */
export const countModelsOf = async (store: EventStore, providers: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await store.pool.query<{ provider: string; count: bigint }>({
    name: 'count-models-of',
    text: 'SELECT provider, count(*) FROM models WHERE provider = ANY($1::text[]) GROUP BY provider',
    values: [providers],
  });
  return new Map(rows.map(({ provider, count }) => [provider, Number(count)]));
};
