import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../terminal.ts';
import type { Stack } from './stack.ts';

interface Seed {
  readonly providers: readonly { readonly provider: string; readonly name: string; readonly description: string }[];
  readonly models: readonly ({ readonly name: string } & object)[];
  readonly machineTypes: readonly { readonly name: string; readonly description: string; readonly resources: object }[];
  readonly priceBook: object;
}

const withinMs = 15_000;

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly body: object;
  /** Of a command that must not be taken for the same one of another start. */
  readonly key?: string;
}

const send = async ({ where, secrets }: Stack, { method, path, body, key }: Wish): Promise<void> => {
  const text = JSON.stringify(body);
  const answer = await fetch(`${where.gatewayUrl}/orrery/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${secrets.operatorKey}`,
      // The same book twice is one book: a second start sets no new prices.
      'idempotency-key': key ?? `seed-${createHash('sha256').update(`${method} ${path} ${text}`).digest('hex').slice(0, 32)}`,
    },
    body: text,
    signal: AbortSignal.timeout(withinMs),
  });
  if (!answer.ok) throw new Problem(`The catalog could not be filled: ${method} ${path} answered ${answer.status} ${await answer.text()}`);
};

/** Whoever starts a second time finds the model there, however it is described by now. */
const registerModel = async (stack: Stack, model: Seed['models'][number]): Promise<void> => {
  const url = `${stack.where.gatewayUrl}/orrery/v1/public/models/${encodeURIComponent(model.name)}`;
  const known = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
  if (known.status === 404) await send(stack, { method: 'POST', path: '/models', body: model, key: randomUUID() });
};

/** Offers what infra/seed/catalog.json lists, as an operator would: by commands. */
export const seedCatalog = async (stack: Stack): Promise<void> => {
  // The file is ours; each command is checked by its contract on arrival.
  const seed = JSON.parse(await readFile(join(stack.paths.checkout, 'infra/seed/catalog.json'), 'utf8')) as Seed;
  for (const { name, ...body } of seed.machineTypes) await send(stack, { method: 'PUT', path: `/machine-types/${name}`, body });
  for (const { provider, ...body } of seed.providers) await send(stack, { method: 'PUT', path: `/providers/${provider}`, body });
  for (const model of seed.models) await registerModel(stack, model);
  await send(stack, { method: 'POST', path: '/price-books', body: seed.priceBook });
};
