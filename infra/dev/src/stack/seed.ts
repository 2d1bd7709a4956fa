import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../terminal.ts';
import type { Stack } from './stack.ts';

interface Seed {
  readonly machineTypes: readonly { readonly name: string; readonly description: string; readonly resources: object }[];
  readonly priceBook: object;
}

const withinMs = 15_000;

const send = async ({ where, secrets }: Stack, method: string, path: string, body: object): Promise<void> => {
  const text = JSON.stringify(body);
  const answer = await fetch(`${where.gatewayUrl}/orrery/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${secrets.operatorKey}`,
      // The same book twice is one book: a second start sets no new prices.
      'idempotency-key': `seed-${createHash('sha256').update(`${method} ${path} ${text}`).digest('hex').slice(0, 32)}`,
    },
    body: text,
    signal: AbortSignal.timeout(withinMs),
  });
  if (!answer.ok) throw new Problem(`The catalog could not be filled: ${method} ${path} answered ${answer.status} ${await answer.text()}`);
};

/** Offers what infra/seed/catalog.json lists, as an operator would: by commands. */
export const seedCatalog = async (stack: Stack): Promise<void> => {
  // The file is ours; each command is checked by its contract on arrival.
  const seed = JSON.parse(await readFile(join(stack.paths.checkout, 'infra/seed/catalog.json'), 'utf8')) as Seed;
  for (const { name, ...offer } of seed.machineTypes) await send(stack, 'PUT', `/machine-types/${name}`, offer);
  await send(stack, 'POST', '/price-books', seed.priceBook);
};
