import { catalog } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { fileTokens, tokensOf } from '../../inference/accounting/estimate.ts';
import type { Models } from '../../inference/admission/models.ts';
import { anthropicKeyHeader } from '../key-headers.ts';
import { findCallable } from '../openai/callable.ts';
import { rowsIn } from '../row.ts';

/** What stands between two messages, and tells whose they are. */
const messageTokens = 4;

const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]);

const Counted = z.object({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content })).min(1),
  system: content.optional(),
  tools: z.array(z.looseObject({})).optional(),
});

/** Pictures and documents are no text, however long they are as one. */
const files: ReadonlySet<unknown> = new Set(['image', 'document']);

const tokensIn = (value: unknown): number => {
  if (typeof value === 'string') return tokensOf(value.length);
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + tokensIn(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  if (files.has(Reflect.get(value, 'type'))) return fileTokens;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => (name === 'type' || name === 'cache_control' ? sum : sum + tokensIn(inner)),
    0,
  );
};

/** What a prompt comes to, about: which tokens a text has, its model alone knows. Tools are read as they are written. */
export const promptTokens = ({ messages, system, tools = [] }: z.output<typeof Counted>): number =>
  tokensIn(system) +
  messages.reduce((sum, message) => sum + messageTokens + tokensIn(message.content), 0) +
  tools.reduce((sum, tool) => sum + tokensOf(JSON.stringify(tool).length), 0);

export const countTokens = (path: string, models: Models): AnswerRoute =>
  rowsIn<{ readonly input_tokens: number }>({
    under: (name) => name,
    textOf: (value) => JSON.stringify(value),
    keyHeaders: [anthropicKeyHeader],
  })({
    method: 'POST',
    path: `${path}/count_tokens`,
    operations: [catalog.GetModel],
    body: Counted,
    answer: async (_, { body, caller }) => {
      await findCallable(models, body.model, caller);
      return { input_tokens: promptTokens(body) };
    },
  });
