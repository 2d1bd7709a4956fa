import type { LlamaModel, Token } from 'node-llama-cpp';
import type { DrawnToken, TokenProbability } from '../wire/answers.ts';

/** JSON has no infinity; OpenAI writes this for what is as good as impossible. */
const leastLogprob = -9999;

export interface Drawing {
  readonly probabilities: ReadonlyMap<Token, number>;
  /** How many of the likeliest are told. */
  readonly most: number;
  /** What was said, this token included. */
  readonly before: readonly Token[];
}

/** A token with its probability and with those of the likeliest, as OpenAI writes them. */
export const drawnOf = (model: LlamaModel, token: Token, { probabilities, most, before }: Drawing): DrawnToken => {
  const context = before.slice(-5, -1);
  const told = (each: Token, probability: number): TokenProbability => {
    const text = model.detokenize([each], true, context);
    return { token: text, logprob: probability > 0 ? Math.log(probability) : leastLogprob, bytes: [...Buffer.from(text)] };
  };
  const likeliest = [...probabilities].sort(([, a], [, b]) => b - a).slice(0, most);
  return {
    ...told(token, probabilities.get(token) ?? 0),
    top_logprobs: likeliest.map(([each, probability]) => told(each, probability)),
  };
};
