import { type Usage, usageIn } from '../wire/usage.ts';
import { type Members, membersOf } from './members.ts';

const reasoningOf = (usage: Members): number => {
  const details = membersOf(usage['completion_tokens_details'] ?? usage['output_tokens_details']);
  const count = details['reasoning_tokens'] ?? details['thinking_tokens'];
  return Number.isSafeInteger(count) ? Number(count) : 0;
};

/** What was counted, and how much of what came out was thought. */
export interface Counted extends Usage {
  readonly reasoning: number;
}

export const countedIn = (value: unknown): Counted | undefined => {
  const usage = usageIn(value);
  return usage && { ...usage, reasoning: reasoningOf(membersOf(value)) };
};

/** Counts of a stream are told in pieces: the highest of each. */
export const counting = (before: Counted | undefined, value: unknown): Counted | undefined => {
  const now = countedIn(value);
  if (!before || !now) return now ?? before;
  return {
    input: Math.max(before.input, now.input),
    output: Math.max(before.output, now.output),
    cached: Math.max(before.cached, now.cached),
    reasoning: Math.max(before.reasoning, now.reasoning),
  };
};

const none: Counted = { input: 0, output: 0, cached: 0, reasoning: 0 };

export const chatUsage = ({ input, output, cached, reasoning }: Counted = none): Members => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

/** Here what was read from the cache is counted beside what was not. */
export const messagesUsage = ({ input, output, cached }: Counted = none): Members => ({
  input_tokens: input - cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cached,
  output_tokens: output,
});

export const responsesUsage = ({ input, output, cached, reasoning }: Counted = none): Members => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});
