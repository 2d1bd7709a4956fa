import type { Dialect } from '../../dialect.ts';
import { openaiError } from './error.ts';
import { models } from './models.ts';
import { bases, sharedBase } from './row.ts';

/** The OpenAI-compatible API. It shares `/v1` with others, so there it names what is its own. */
export const openai = (): Dialect => ({
  name: 'openai',
  bases: bases.map((base) => (base === sharedBase ? `${base}/models` : base)),
  routes: models,
  error: openaiError,
});
