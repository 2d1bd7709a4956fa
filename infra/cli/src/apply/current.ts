import { catalog, inference } from '@orrery/contracts';
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

const bookAt = async (place: Place, at: string | undefined): Promise<Current['book']> => {
  const isAhead = at !== undefined && Date.parse(at) > Date.now();
  const path = `/price-book${isAhead ? `?${new URLSearchParams({ at })}` : ''}`;
  const book = await ask(place, { method: 'GET', path, lost, expects: 404 });
  return book === undefined ? undefined : understood(catalog.PriceBookView, book);
};

/** What organizations bound themselves is theirs. */
const limitsOf = async (place: Place, org: string): Promise<readonly inference.LimitView[]> =>
  (await every(place, `/usage-limits/${encodeURIComponent(org)}`, inference.LimitView)).filter(({ by }) => by === 'operator');

const limitsIn = async (place: Place, { limits = [] }: CatalogFile): Promise<Current['limits']> => {
  const orgs = [...new Set(limits.map(({ org }) => org))];
  const found: [string, readonly inference.LimitView[]][] = [];
  for (const org of orgs) found.push([org, await limitsOf(place, org)]);
  return new Map(found);
};

/** What there is, as far as the file is about it. */
export const currentCatalog = async (place: Place, file: CatalogFile): Promise<Current> => {
  const { prices, upstreams, routes } = file;
  const hasRouting = upstreams !== undefined || routes !== undefined;
  return {
    providers: await every(place, '/providers', catalog.ProviderView),
    machineTypes: await every(place, '/machine-types', catalog.MachineTypeView.loose()),
    models: await every(place, '/models', catalog.ModelView),
    book: await bookAt(place, prices?.effectiveAt),
    upstreams: hasRouting ? await every(place, '/upstreams', inference.UpstreamView) : [],
    routes: hasRouting ? await every(place, '/routes', inference.RouteView) : [],
    limits: await limitsIn(place, file),
  };
};
