import type { Dialect } from '../../dialect.ts';
import type { Models } from '../../inference/admission/models.ts';
import { calls } from './calls.ts';
import { openaiError } from './error.ts';
import { modelRows } from './models.ts';
import { bases, sharedBase } from './row.ts';

const own = ['models', 'chat', 'completions', 'embeddings', 'responses'];

/** The OpenAI-compatible API. It shares `/v1` with others, so there it names what is its own. */
export const openai = (models: Models): Dialect => ({
  name: 'openai',
  bases: bases.flatMap((base) => (base === sharedBase ? own.map((path) => `${base}/${path}`) : [base])),
  routes: [...modelRows(models), ...calls],
  error: openaiError,
});
