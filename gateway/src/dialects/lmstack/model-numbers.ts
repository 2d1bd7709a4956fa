import { catalog } from '@orrery/contracts';
import type { To } from '../row.ts';
import type { Json } from './row.ts';

const numeral = /^\d{1,15}$/;

/** Models are numbers there; what calls one `mom` means a mixture of them, and stays as it is written. */
export const modelIds = (to: To<typeof catalog.FindNumberedModel>, models: readonly (number | string)[]): Promise<string[]> =>
  Promise.all(
    models.map(async (model) => {
      if (!numeral.test(String(model))) return String(model);
      return (await to.ask(catalog.FindNumberedModel, { number: Number(model) })).modelId;
    }),
  );

const isId = (model: string): model is catalog.ModelId => catalog.ModelId.safeParse(model).success;

/** As many as may be looked for at once. */
const atOnce = 200;

type Numbering = typeof catalog.FindModels | typeof catalog.NumberModels;

/** Gives the number of a model that a key names by its id. What names a model by another word, or one that is gone, stays as it is. */
export const modelNumbers = async (to: To<Numbering>, models: readonly string[]): Promise<(model: string) => Json> => {
  const ids = [...new Set(models.filter(isId))];
  const numbers = new Map<string, number>();
  for (let from = 0; from < ids.length; from += atOnce) {
    const found = await to.ask(catalog.FindModels, { models: ids.slice(from, from + atOnce) });
    const { items } = await to.ask(catalog.NumberModels, { modelIds: found.items.map(({ modelId }) => modelId) });
    for (const { modelId, number } of items) numbers.set(modelId, number);
  }
  return (model) => numbers.get(model) ?? model;
};
