import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { integer, rowsIn } from '../row.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A row of this API. What has nothing to say answers with an empty body. */
export const row = rowsIn<Json | undefined>({
  under: (path) => `/api${path}`,
  textOf: (value) => (value === undefined ? '' : JSON.stringify(value)),
});

const usualLimit = 50;
const longestPage = 100;
const furthest = 1_000_000;

/** `skip` and `limit`, as every list of this API takes them. */
export const Pages = z.object({
  skip: integer(z.int().min(0).max(furthest)).default(0),
  limit: integer(z.int().min(1).max(longestPage)).default(usualLimit),
});

/** This API has passwords of 6 characters, the platform none that short: whoever chooses one is told so at once. */
export const Password = identity.Password.max(100);
