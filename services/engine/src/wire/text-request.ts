import { z } from 'zod';
import { samplingFields } from './sampling.ts';

const token = z.number().int().min(0).max(10_000_000);

/** Text, or what a tokenizer made of it: the model's own tokens. */
const input = z.union([z.string().min(1, 'must not be empty'), z.array(token).min(1)]);
export type Input = z.output<typeof input>;

/** POST /v1/completions. */
export const CompletionRequest = z.object({
  ...samplingFields,
  prompt: z.union([input, z.tuple([z.string().min(1)]).transform(([only]) => only)], 'must be one text, or the tokens of one'),
  logprobs: z.null('this engine tells probabilities in chats alone').optional(),
  echo: z.literal(false, 'this engine does not repeat the prompt').nullish(),
  suffix: z.literal('', 'this engine fills no gaps').nullish(),
  best_of: z.literal(1, 'this engine gives one answer to a request').nullish(),
});
export type CompletionRequest = z.output<typeof CompletionRequest>;

/** POST /v1/embeddings. */
export const EmbeddingRequest = z.object({
  model: z.string().min(1).max(200),
  input: z
    .union([input.transform((one): Input[] => [one]), z.array(input).min(1).max(2_048)], 'must be a text or a list of texts, none empty')
    .transform((value): readonly Input[] => value),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().positive().nullish(),
});
export type EmbeddingRequest = z.output<typeof EmbeddingRequest>;
