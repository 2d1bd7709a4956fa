import { epochOf } from '@orrery/contracts';
import { z } from 'zod';
import { Failed, invalidInput } from '../../failure.ts';
import type { KnownModel } from '../../inference/admission/models.ts';
import { issuesOf } from '../../input.ts';
import { integer } from '../row.ts';

type Json = null | boolean | number | string | undefined | readonly Json[] | { readonly [name: string]: Json };
type Shown = { readonly [name: string]: Json };

const usualLimit = 20;
const longestPage = 1_000;

const Pages = z.object({
  limit: integer(z.int().min(1).max(longestPage)).default(usualLimit),
  after_id: z.string().optional(),
  before_id: z.string().optional(),
});

export const modelInfo = (view: KnownModel): Shown => ({
  type: 'model',
  id: view.name,
  display_name: view.displayName ?? view.name,
  created_at: view.registeredAt,
  max_input_tokens: view.contextLength,
  max_tokens: view.maxOutputTokens,
  // What it is able to is said in other words here.
  capabilities: null,
  lifecycle: 'active',
  line: null,
  deprecated_at: null,
  retires_at: null,
});

const newestFirst = (one: KnownModel, other: KnownModel): number =>
  epochOf(other.registeredAt) - epochOf(one.registeredAt) || (one.name < other.name ? -1 : 1);

const pagesIn = (query: unknown): z.output<typeof Pages> => {
  const parsed = Pages.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new Failed(invalidInput(issuesOf(parsed.error, query, { schema: Pages, partOf: () => 'query' })));
};

/** Where somebody goes on who was there before; a model that has gone meanwhile is nowhere. */
const placeOf = (models: readonly KnownModel[], name: 'after_id' | 'before_id', id: string): number => {
  const place = models.findIndex((view) => view.name === id);
  if (place >= 0) return place;
  const detail = 'is no model in this list';
  throw new Failed(invalidInput([{ in: 'query', path: [name], detail, mend: 'send first_id or last_id of a page, or begin without one' }]));
};

/** A page of what can be called, as Anthropic's clients turn them: the models after one, or those before one. */
export const modelsPage = (all: readonly KnownModel[], query: unknown): Shown => {
  const { limit, after_id: after, before_id: before } = pagesIn(query);
  const models = [...all].sort(newestFirst);
  const from = after === undefined ? 0 : placeOf(models, 'after_id', after) + 1;
  const until = before === undefined ? models.length : placeOf(models, 'before_id', before);
  const within = models.slice(from, until);
  const page = before === undefined ? within.slice(0, limit) : within.slice(-limit);
  return {
    data: page.map(modelInfo),
    has_more: page.length < within.length,
    first_id: page[0]?.name ?? null,
    last_id: page.at(-1)?.name ?? null,
  };
};
