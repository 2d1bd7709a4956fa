import { catalog } from '@orrery/contracts';
import { z } from 'zod';
import { ask } from '../api.ts';
import { type Place, Problem } from '../place.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { Current } from './plan.ts';

const pageRows = 500;
const mostPages = 20;
const lost = 'nothing was changed';

/** What the installation says in a form that this command does not know is a matter of versions. */
const understood = <S extends z.ZodType>(schema: S, answer: unknown): z.output<S> => {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Problem('The installation answers in a form that this command does not know: are they of one version?', {
    cause: parsed.error,
  });
};

const every = async <S extends z.ZodType>(place: Place, path: string, item: S): Promise<readonly z.output<S>[]> => {
  const Page = z.object({ items: z.array(item), nextCursor: z.string().optional() });
  const all: z.output<S>[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const query = new URLSearchParams({ limit: String(pageRows), ...(cursor === undefined ? {} : { cursor }) });
    const { items, nextCursor } = understood(Page, await ask(place, { method: 'GET', path: `${path}?${query}`, lost }));
    all.push(...items);
    if (nextCursor === undefined) return all;
    cursor = nextCursor;
  }
  throw new Problem(`There are more than ${pageRows * mostPages} things at ${path}: too many for one file.`);
};

/** What the catalog holds, as far as the file is about it. */
export const currentCatalog = async (place: Place, { prices }: CatalogFile): Promise<Current> => {
  const at = prices?.effectiveAt;
  const isAhead = at !== undefined && Date.parse(at) > Date.now();
  const path = `/price-book${isAhead ? `?${new URLSearchParams({ at })}` : ''}`;
  const book = await ask(place, { method: 'GET', path, lost, expects: 404 });
  return {
    providers: await every(place, '/providers', catalog.ProviderView),
    machineTypes: await every(place, '/machine-types', catalog.MachineTypeView.loose()),
    models: await every(place, '/models', catalog.ModelView),
    book: book === undefined ? undefined : understood(catalog.PriceBookView, book),
  };
};
