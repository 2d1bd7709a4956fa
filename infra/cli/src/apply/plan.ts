import { catalog } from '@orrery/contracts';
import { type CatalogFile, keyOfPrice, keysOf } from './catalog-file.ts';

/** The catalog as it is. */
export interface Current {
  readonly providers: readonly catalog.ProviderView[];
  readonly machineTypes: readonly Pick<catalog.MachineTypeView, 'name' | 'description' | 'resources'>[];
  readonly models: readonly catalog.ModelView[];
  /** At the moment from which the prices of the file would hold. */
  readonly book: catalog.PriceBookView | undefined;
}

/** One thing to do, and the one request that does it. */
export interface Step {
  readonly sign: '+' | '~' | '-';
  readonly what: string;
  /** Field by field, what changes. */
  readonly details: readonly string[];
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What is in the catalog and not in the file, and stays as nobody asked for it to go. */
  readonly left: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Of objects whose fields may stand in any order. */
const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${name}: ${textOf(inner)}`)
    .join(', ')}}`;
};

const changesOf = (before: Fields, after: Fields): readonly string[] =>
  Object.keys(after).flatMap((name) => {
    const [from, to] = [textOf(before[name]), textOf(after[name])];
    return from === to ? [] : [`${name}: ${from} → ${to}`];
  });

const inPath = encodeURIComponent;

/** A step where something is new or other than it was. */
const made = (what: string, before: Fields | undefined, after: Fields, by: Pick<Step, 'method' | 'path' | 'body'>): readonly Step[] => {
  if (!before) return [{ sign: '+', what, details: [], ...by }];
  const details = changesOf(before, after);
  return details.length === 0 ? [] : [{ sign: '~', what, details, ...by }];
};

const providerSteps = ({ providers = [] }: CatalogFile, current: Current): readonly Step[] =>
  providers.flatMap(({ id, ...card }) => {
    const before = current.providers.find(({ provider }) => provider === id);
    return made(`provider ${id}`, before, card, { method: 'PUT', path: `/providers/${inPath(id)}`, body: card });
  });

const machineTypeSteps = ({ machineTypes = [] }: CatalogFile, current: Current): readonly Step[] =>
  machineTypes.flatMap(({ name, ...offer }) => {
    const before = current.machineTypes.find((each) => each.name === name);
    return made(`machine type ${name}`, before, offer, { method: 'PUT', path: `/machine-types/${inPath(name)}`, body: offer });
  });

type WantedModel = NonNullable<CatalogFile['models']>[number];

const same =
  (name: string) =>
  (each: { readonly name: string }): boolean =>
    keysOf.models(each) === name.toLowerCase();

/** The whole card: of what the file leaves out, what a card is without it. */
const cardOf = ({ name, isLive: _, ...said }: WantedModel): catalog.ModelCard => {
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const card: catalog.ModelCard = { ...catalog.plainModelCard, type: said.type, ...given };
  return { ...card, aliases: card.aliases.filter((alias) => alias !== name) };
};

/** Those that change go first: one may let go of a name that another one takes. */
const modelSteps = ({ models = [] }: CatalogFile, current: Current): readonly Step[] => {
  const steps = models.flatMap((wanted) => {
    const before = current.models.find(same(wanted.name));
    const card = cardOf(wanted);
    const what = `model ${wanted.name}`;
    if (!before) return made(what, undefined, card, { method: 'POST', path: '/models', body: { name: wanted.name, ...card } });
    return made(what, { ...before }, card, { method: 'PATCH', path: `/models/${before.modelId}`, body: card });
  });
  return [...steps.filter(({ sign }) => sign === '~'), ...steps.filter(({ sign }) => sign === '+')];
};

const liveSteps = ({ models = [] }: CatalogFile, current: Current): readonly Step[] =>
  models.flatMap(({ name, isLive }) => {
    const before = current.models.find(same(name))?.isLive ?? false;
    if (isLive === undefined || isLive === before) return [];
    const details = [`isLive: ${before} → ${isLive}`];
    return [{ sign: '~', what: `model ${name}`, details, method: 'PUT', path: `/models/${inPath(name)}/live`, body: { isLive } }];
  });

const priceText = ({ nanosPerUnit, unit, ...price }: catalog.Price): string => {
  const discount = 'batchDiscountMilli' in price && price.batchDiscountMilli ? `, ${price.batchDiscountMilli}/1000 off in batches` : '';
  return `${nanosPerUnit} nano a ${unit}${discount}`;
};

/** A book is replaced as a whole: prices that the file does not name stay in it, unless they are to go. */
const priceSteps = ({ prices }: CatalogFile, { book }: Current, isPruning: boolean): readonly Step[] => {
  if (!prices) return [];
  const before = new Map((book?.prices ?? []).map((price) => [keyOfPrice(price), price]));
  const wanted = new Map(prices.list.map((price) => [keyOfPrice(price), price]));
  const gone = [...before].filter(([key]) => !wanted.has(key));
  const details = [
    ...(book && book.currency !== prices.currency ? [`currency: ${book.currency} → ${prices.currency}`] : []),
    ...[...wanted].flatMap(([key, price]) => {
      const was = before.get(key);
      if (!was) return [`+ ${key}: ${priceText(price)}`];
      return textOf(was) === textOf(price) ? [] : [`~ ${key}: ${priceText(was)} → ${priceText(price)}`];
    }),
    ...(isPruning ? gone.map(([key, price]) => `- ${key}: ${priceText(price)}`) : []),
  ];
  if (details.length === 0) return [];
  const list = [...prices.list, ...(isPruning ? [] : gone.map(([, price]) => price))];
  const { currency, effectiveAt } = prices;
  const body = { currency, ...(effectiveAt === undefined ? {} : { effectiveAt }), prices: list };
  const what = `price book from ${effectiveAt ?? 'now'} on`;
  return [{ sign: book ? '~' : '+', what, details, method: 'POST', path: '/price-books', body }];
};

/** What there is in the parts that the file has, and the file does not name. Models before those whom they are from. */
const removals = (file: CatalogFile, current: Current): readonly Step[] => {
  const gone = (what: string, path: string): Step => ({ sign: '-', what, details: [], method: 'DELETE', path });
  const { models, machineTypes, providers } = file;
  return [
    ...(models ? current.models.filter(({ name }) => !models.some(same(name))) : []).map(({ name, modelId }) =>
      gone(`model ${name}`, `/models/${modelId}`),
    ),
    ...(machineTypes ? current.machineTypes.filter(({ name }) => !machineTypes.some((each) => each.name === name)) : []).map(({ name }) =>
      gone(`machine type ${name}`, `/machine-types/${inPath(name)}`),
    ),
    ...(providers ? current.providers.filter(({ provider }) => !providers.some(({ id }) => id === provider)) : []).map(({ provider }) =>
      gone(`provider ${provider}`, `/providers/${inPath(provider)}`),
    ),
  ];
};

const leftPrices = ({ prices }: CatalogFile, { book }: Current): readonly string[] => {
  const wanted = new Set(prices?.list.map(keyOfPrice));
  return prices
    ? (book?.prices ?? [])
        .map(keyOfPrice)
        .filter((key) => !wanted.has(key))
        .map((key) => `price ${key}`)
    : [];
};

/** What makes the catalog what the file says, in the order in which it can be done. */
export const planOf = (file: CatalogFile, current: Current, { isPruning }: { readonly isPruning: boolean }): Plan => {
  const gone = removals(file, current);
  return {
    steps: [
      ...providerSteps(file, current),
      ...machineTypeSteps(file, current),
      ...modelSteps(file, current),
      ...liveSteps(file, current),
      ...priceSteps(file, current, isPruning),
      ...(isPruning ? gone : []),
    ],
    left: isPruning ? [] : [...gone.map(({ what }) => what), ...leftPrices(file, current)],
  };
};

const counted = (steps: readonly Step[], sign: Step['sign']): number => steps.filter((step) => step.sign === sign).length;

/** As it is shown to who is asked to agree. */
export const planText = ({ steps, left }: Plan): string => {
  const lines = steps.flatMap(({ sign, what, details }) => [`${sign} ${what}`, ...details.map((detail) => `    ${detail}`)]);
  const sum = `${counted(steps, '+')} to add, ${counted(steps, '~')} to change, ${counted(steps, '-')} to remove.`;
  const stays = left.length > 0 ? [`In the catalog and not in the file, and left as it is (--prune removes it): ${left.join(', ')}.`] : [];
  return `${[...lines, ...(steps.length > 0 ? [sum] : ['Nothing to do.']), ...stays].join('\n')}\n`;
};
