import { catalog } from '@orrery/contracts';
import { type CatalogFile, keyOfPrice, keysOf } from './catalog-file.ts';
import type { Credentials } from './credentials.ts';
import { doubtsOf } from './doubts.ts';
import { type CurrentLimits, limitRemovals, limitSteps } from './limit-steps.ts';
import { type CurrentRouting, routeSteps, routingRemovals, upstreamSteps } from './routing-steps.ts';
import { inPath, made, removed, type Step, textOf } from './step.ts';

/** The installation as it is, as far as the file is about it. */
export interface Current extends CurrentRouting {
  readonly providers: readonly catalog.ProviderView[];
  readonly machineTypes: readonly Pick<catalog.MachineTypeView, 'name' | 'description' | 'resources'>[];
  readonly models: readonly catalog.ModelView[];
  /** At the moment from which the prices of the file would hold. */
  readonly book: catalog.PriceBookView | undefined;
  readonly limits: CurrentLimits;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What is there and not in the file, and stays as nobody asked for it to go. */
  readonly left: readonly string[];
  /** What is hardly meant. */
  readonly doubts: readonly string[];
}

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
  const { models, machineTypes, providers } = file;
  return [
    ...(models ? current.models.filter(({ name }) => !models.some(same(name))) : []).map(({ name, modelId }) =>
      removed(`model ${name}`, `/models/${modelId}`),
    ),
    ...(machineTypes ? current.machineTypes.filter(({ name }) => !machineTypes.some((each) => each.name === name)) : []).map(({ name }) =>
      removed(`machine type ${name}`, `/machine-types/${inPath(name)}`),
    ),
    ...(providers ? current.providers.filter(({ provider }) => !providers.some(({ id }) => id === provider)) : []).map(({ provider }) =>
      removed(`provider ${provider}`, `/providers/${inPath(provider)}`),
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

export interface PlanOptions {
  readonly isPruning: boolean;
  /** Those that are to be set. */
  readonly credentials?: Credentials;
}

/** What makes the installation what the file says, in the order in which it can be done. */
export const planOf = (file: CatalogFile, current: Current, { isPruning, credentials = new Map() }: PlanOptions): Plan => {
  const gone = [...routingRemovals(file, current), ...limitRemovals(file, current.limits), ...removals(file, current)];
  return {
    steps: [
      ...providerSteps(file, current),
      ...machineTypeSteps(file, current),
      ...modelSteps(file, current),
      ...priceSteps(file, current, isPruning),
      ...upstreamSteps(file, current, credentials),
      ...routeSteps(file, current),
      ...limitSteps(file, current.limits),
      // When what serves it is set and what it costs is known.
      ...liveSteps(file, current),
      ...(isPruning ? gone : []),
    ],
    left: isPruning ? [] : [...gone.map(({ what }) => what), ...leftPrices(file, current)],
    doubts: doubtsOf(file, current, isPruning),
  };
};

const counted = (steps: readonly Step[], sign: Step['sign']): number => steps.filter((step) => step.sign === sign).length;

/** As it is shown to who is asked to agree. */
export const planText = ({ steps, left, doubts }: Plan): string => {
  const lines = steps.flatMap(({ sign, what, details }) => [`${sign} ${what}`, ...details.map((detail) => `    ${detail}`)]);
  const sum = `${counted(steps, '+')} to add, ${counted(steps, '~')} to change, ${counted(steps, '-')} to remove.`;
  const stays = left.length > 0 ? [`There and not in the file, and left as it is (--prune removes it): ${left.join(', ')}.`] : [];
  return `${[...lines, ...(steps.length > 0 ? [sum] : ['Nothing to do.']), ...stays, ...doubts].join('\n')}\n`;
};
