import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../terminal.ts';
import { asOperator } from './as-operator.ts';
import type { Stack } from './stack.ts';

interface Seed {
  readonly providers: readonly { readonly provider: string; readonly name: string; readonly description: string }[];
  readonly models: readonly ({ readonly name: string } & object)[];
  readonly machineTypes: readonly { readonly name: string; readonly description: string; readonly resources: object }[];
  readonly priceBook: object;
}

const withinMs = 15_000;

const Page = z.object({ items: z.array(z.record(z.string(), z.unknown())), nextCursor: z.string().optional() });

const pageOf = async ({ where, secrets }: Stack, path: string, query: string): Promise<z.output<typeof Page>> => {
  const answer = await fetch(`${where.gatewayUrl}/orrery/v1${path}?${query}`, {
    headers: { authorization: `Bearer ${secrets.operatorKey}` },
    signal: AbortSignal.timeout(withinMs),
  });
  if (!answer.ok) throw new Problem(`GET ${path} answered ${answer.status} ${await answer.text()}`);
  return Page.parse(await answer.json());
};

/** What a list has under this field, all its pages. */
export const known = async (stack: Stack, path: string, field: string): Promise<ReadonlySet<unknown>> => {
  const found = new Set<unknown>();
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await pageOf(stack, path, `limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    for (const item of page.items) found.add(item[field]);
    cursor = page.nextCursor;
  }
  return found;
};

/**
 * Offers what infra/seed/catalog.json lists, as an operator would: by commands. Only where there was never a price book: it comes last, so
 * that from then on the catalog is complete and the operator's, who may have changed or retired any of it.
 */
export const seedCatalog = async (stack: Stack): Promise<void> => {
  if ((await pageOf(stack, '/price-books', 'limit=1')).items.length > 0) return;
  // The file is ours; each command is checked by its contract on arrival.
  const seed = JSON.parse(await readFile(join(stack.paths.checkout, 'infra/seed/catalog.json'), 'utf8')) as Seed;
  const offered = await known(stack, '/machine-types', 'name');
  for (const { name, ...body } of seed.machineTypes)
    if (!offered.has(name)) await asOperator(stack, { method: 'PUT', path: `/machine-types/${name}`, body });
  const providers = await known(stack, '/providers', 'provider');
  for (const { provider, ...body } of seed.providers)
    if (!providers.has(provider)) await asOperator(stack, { method: 'PUT', path: `/providers/${provider}`, body });
  const models = await known(stack, '/models', 'name');
  for (const body of seed.models) if (!models.has(body.name)) await asOperator(stack, { method: 'POST', path: '/models', body });
  await asOperator(stack, { method: 'POST', path: '/price-books', body: seed.priceBook });
};
