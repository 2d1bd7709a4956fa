import type { CatalogFile } from './catalog-file.ts';

interface Named {
  readonly name: string;
}

interface Known {
  readonly machineTypes: readonly Named[];
  readonly models: readonly (Named & { readonly isLive: boolean })[];
  readonly book: { readonly prices: readonly { readonly resource: string }[] } | undefined;
}

const namesOf = (things: readonly Named[] = []): readonly string[] => things.map(({ name }) => name.toLowerCase());

/** What can be done and is hardly meant. A price with a misspelt name is nobody's, and whoever it was for is free. */
export const doubtsOf = (file: CatalogFile, current: Known, isPruning: boolean): readonly string[] => {
  const { prices, models = [], machineTypes } = file;
  const list = prices?.list ?? [];
  const known = new Set([models, machineTypes, current.models, current.machineTypes].flatMap(namesOf));
  const unknown = new Set(list.map(({ resource }) => resource).filter((resource) => !known.has(resource.toLowerCase())));
  const kept = prices && isPruning ? [] : (current.book?.prices ?? []);
  const priced = new Set([...list, ...kept].map(({ resource }) => resource.toLowerCase()));
  const live = new Set(namesOf(current.models.filter(({ isLive }) => isLive)));
  const free = models
    .filter(({ name, isLive }) => isLive ?? live.has(name.toLowerCase()))
    .filter(({ name }) => !priced.has(name.toLowerCase()));
  return [
    ...(unknown.size > 0 ? [`Prices for what is neither a model nor a machine type: ${[...unknown].join(', ')}.`] : []),
    ...(free.length > 0 ? [`Live and without a price, so free for everybody: ${free.map(({ name }) => name).join(', ')}.`] : []),
  ];
};
