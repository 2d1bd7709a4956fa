import type { LlamaContextSequence, LlamaGrammar, Token } from 'node-llama-cpp';
import { JsonEnd } from '../domain/json-end.ts';
import { StopText } from '../domain/stop-text.ts';
import type { DrawnToken, Usage } from '../wire/answers.ts';
import { wrongField } from '../wire/refused.ts';
import type { Sampling } from '../wire/sampling.ts';
import { drawnOf } from './drawn.ts';
import type { OpenModel } from './open-model.ts';
import { Spelling } from './spelling.ts';

export interface Task {
  readonly prompt: readonly Token[];
  readonly sampling: Sampling;
  /** What the answer must be like: an object in JSON. */
  readonly grammar?: LlamaGrammar | undefined;
  /** How many other likely tokens are told with each; undefined: no probabilities at all. */
  readonly alternatives?: number | undefined;
}

export interface Piece {
  readonly text: string;
  readonly drawn: readonly DrawnToken[];
}

export interface Ended {
  readonly finish: 'stop' | 'length';
  readonly usage: Usage;
}

/** So much of a prompt is computed before we look whether anybody still wants the answer. */
const promptStep = 512;

const penaltyOf = ({ presencePenalty, frequencyPenalty }: Sampling, said: readonly Token[]) =>
  presencePenalty === 0 && frequencyPenalty === 0
    ? {}
    : { repeatPenalty: { punishTokens: () => [...said], penalty: 1, presencePenalty, frequencyPenalty } };

const optionsOf = ({ library, model }: OpenModel, { sampling, grammar }: Task, said: readonly Token[]) => ({
  temperature: sampling.temperature,
  topP: sampling.topP,
  topK: 0,
  ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
  ...penaltyOf(sampling, said),
  ...(grammar ? { grammarEvaluationState: new library.LlamaGrammarEvaluationState({ model, grammar }) } : {}),
  yieldEogToken: true,
});

const budgetOf = ({ most }: OpenModel, { prompt, sampling }: Task): number => Math.min(sampling.maxTokens ?? most, most - prompt.length);

/** A prompt that leaves no room for an answer is refused before it waits for a place. */
export const assertFits = ({ most }: OpenModel, prompt: readonly Token[], field: string): void => {
  if (prompt.length === 0) throw wrongField(field, 'holds nothing to answer');
  if (prompt.length >= most) {
    const why = `has ${prompt.length} tokens; this model takes ${most}, those of the answer included.`;
    throw wrongField(field, why, 'context_length_exceeded');
  }
};

/** Computes what of the prompt is not known yet, but for the end; answers what is left of it. */
const computePrompt = async (sequence: LlamaContextSequence, prompt: readonly Token[], signal: AbortSignal): Promise<Token[]> => {
  let at = sequence.nextTokenIndex;
  for (; prompt.length - at > promptStep; at += promptStep) {
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(at, at + promptStep));
    signal.throwIfAborted();
  }
  return prompt.slice(at);
};

/** What becomes of tokens on their way to the client: letters made whole, JSON and stop sequences seen to end. */
class Outlet {
  private readonly stop: StopText;
  private readonly json: JsonEnd | undefined;
  private readonly spelling: Spelling;
  isOver = false;

  constructor({ model }: OpenModel, { prompt, sampling, grammar }: Task) {
    this.stop = new StopText(sampling.stops);
    this.json = grammar ? new JsonEnd() : undefined;
    this.spelling = new Spelling(model, prompt);
  }

  push(token: Token): string {
    return this.pass(this.spelling.push(token));
  }

  rest(): string {
    return this.isOver ? '' : this.pass(this.spelling.rest()) + (this.isOver ? '' : this.stop.rest());
  }

  private pass(text: string): string {
    const end = this.json?.push(text);
    const stopped = this.stop.push(end === undefined ? text : text.slice(0, end));
    this.isOver = stopped.isStopped || end !== undefined;
    return end !== undefined && !stopped.isStopped ? stopped.text + this.stop.rest() : stopped.text;
  }
}

interface Drawn {
  readonly token: Token;
  readonly probabilities?: ReadonlyMap<Token, number>;
}

/** Probabilities of a whole vocabulary are costly: only where they are asked for. */
const draw = (
  sequence: LlamaContextSequence,
  tokens: Token[],
  { alternatives }: Task,
  options: ReturnType<typeof optionsOf>,
): AsyncIterable<Drawn> =>
  alternatives === undefined
    ? sequence.evaluateWithMetadata(tokens, {}, options)
    : sequence.evaluateWithMetadata(tokens, { probabilities: true }, options);

export interface Listener {
  readonly signal: AbortSignal;
  /** Who is slow to take a piece holds up the next one. */
  readonly tell: (piece: Piece) => Promise<void> | void;
}

/** Draws one token after another until the model, a stop sequence, the limit or the client ends it. */
export const generate = async (open: OpenModel, sequence: LlamaContextSequence, task: Task, { signal, tell }: Listener): Promise<Ended> => {
  const cachedTokens = sequence.nextTokenIndex;
  const left = await computePrompt(sequence, task.prompt, signal);
  const outlet = new Outlet(open, task);
  const budget = budgetOf(open, task);
  const said: Token[] = [];
  const pending: DrawnToken[] = [];
  let isEnded = false;
  for await (const { token, probabilities } of draw(sequence, left, task, optionsOf(open, task, said))) {
    signal.throwIfAborted();
    said.push(token);
    isEnded = open.model.isEogToken(token);
    if (isEnded) break;
    if (probabilities) pending.push(drawnOf(open.model, token, { probabilities, most: task.alternatives ?? 0, before: said }));
    const text = outlet.push(token);
    if (text !== '') await tell({ text, drawn: pending.splice(0) });
    isEnded = outlet.isOver;
    if (isEnded || said.length >= budget) break;
  }
  const rest = outlet.rest();
  if (rest !== '') await tell({ text: rest, drawn: pending.splice(0) });
  const usage = { promptTokens: task.prompt.length, cachedTokens, completionTokens: said.length };
  return { finish: isEnded ? 'stop' : 'length', usage };
};
