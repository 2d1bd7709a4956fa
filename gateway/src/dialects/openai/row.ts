import { anthropicKeyHeader, neospaceKeyHeader } from '../key-headers.ts';
import { rowsIn } from '../row.ts';

export type Json = null | boolean | number | string | undefined | readonly Json[] | { readonly [name: string]: Json };

/** `/v1` is the base of NeoSpace's and LMStack's API too: what is answered there is what the clients of all of them read. */
export const sharedBase = '/v1';

/** Every base of an OpenAI-compatible API: ours, and those that the clients of Lyceum know. */
export const bases = [sharedBase, '/openai/v1', '/api/v2/external/serverless'] as const;
export type Base = (typeof bases)[number];

/** Rows below one of them. */
export const rowAt = (base: Base) =>
  rowsIn<Json>({
    under: (path) => `${base}${path}`,
    textOf: (value) => JSON.stringify(value),
    keyHeaders: [...(base === sharedBase ? [neospaceKeyHeader] : []), anthropicKeyHeader],
  });
