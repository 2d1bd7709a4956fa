import { z } from 'zod';

const stop = z
  .union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).max(4)])
  .nullish()
  .transform((value) => (value === null || value === undefined ? [] : typeof value === 'string' ? [value] : value));

const tokens = z.number().int().min(1).max(1_048_576).nullish();

/** Null says no more than leaving out does. */
const orElse = <S extends z.ZodType, D>(schema: S, fallback: D) =>
  schema.nullish().transform((value) => (value === null || value === undefined ? fallback : value));

/** What is the same in requests for chats and for completions; what this engine cannot do has one value, the usual one. */
export const samplingFields = {
  model: z.string().min(1).max(200),
  max_tokens: tokens,
  temperature: orElse(z.number().min(0).max(2), 1),
  top_p: orElse(z.number().min(0).max(1), 1),
  seed: z.number().int().min(-9_007_199_254_740_991).max(9_007_199_254_740_991).nullish(),
  presence_penalty: orElse(z.number().min(-2).max(2), 0),
  frequency_penalty: orElse(z.number().min(-2).max(2), 0),
  stop,
  stream: orElse(z.boolean(), false),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'this engine gives one answer to a request').nullish(),
  logit_bias: z.record(z.string(), z.never('this engine biases no tokens')).nullish(),
};

/** How the next token is drawn. */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number | undefined;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly stops: readonly string[];
  readonly maxTokens: number | undefined;
}

interface SamplingFields {
  readonly max_tokens?: number | null | undefined;
  readonly temperature: number;
  readonly top_p: number;
  readonly seed?: number | null | undefined;
  readonly presence_penalty: number;
  readonly frequency_penalty: number;
  readonly stop: readonly string[];
}

/** Seeds of the engine are whole numbers of 32 bits; any seed of a client stands for one of them. */
const seedOf = (seed: number): number => Math.abs(seed) % 2 ** 32;

export const samplingOf = (fields: SamplingFields): Sampling => ({
  temperature: fields.temperature,
  topP: fields.top_p,
  seed: fields.seed === null || fields.seed === undefined ? undefined : seedOf(fields.seed),
  presencePenalty: fields.presence_penalty,
  frequencyPenalty: fields.frequency_penalty,
  stops: fields.stop,
  maxTokens: fields.max_tokens ?? undefined,
});
