/** What an answer is called and when it was made. */
export interface Marks {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly promptTokens: number;
  /** Of these, those whose state was there from a request before. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export type Finish = 'stop' | 'length' | 'tool_calls';

export interface TokenProbability {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** A token that was drawn, and what else was likely. */
export interface DrawnToken extends TokenProbability {
  readonly top_logprobs: readonly TokenProbability[];
}

export interface Said {
  readonly text: string;
  readonly call?: ToolCall | undefined;
  readonly finish: Finish;
  readonly usage: Usage;
  /** Where they were asked for. */
  readonly drawn?: readonly DrawnToken[] | undefined;
}

export const usageOf = ({ promptTokens, cachedTokens, completionTokens }: Usage): object => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
});

const calledOf = ({ id, name, arguments: text }: ToolCall): object => ({ id, type: 'function', function: { name, arguments: text } });
const logprobsOf = (drawn: readonly DrawnToken[] | undefined): object | null => (drawn ? { content: drawn, refusal: null } : null);

export const chatOf = ({ id, created, model }: Marks, { text, call, finish, usage, drawn }: Said): object => ({
  id,
  object: 'chat.completion',
  created,
  model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: call ? null : text, refusal: null, ...(call ? { tool_calls: [calledOf(call)] } : {}) },
      logprobs: logprobsOf(drawn),
      finish_reason: finish,
    },
  ],
  usage: usageOf(usage),
});

export const completionOf = ({ id, created, model }: Marks, { text, finish, usage }: Said): object => ({
  id,
  object: 'text_completion',
  created,
  model,
  choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  usage: usageOf(usage),
});

/** How an answer is told piece by piece, in chats and in completions. */
export interface Chunks {
  /** What comes before the first piece. */
  readonly opening: () => readonly object[];
  readonly piece: (text: string, drawn?: readonly DrawnToken[]) => object;
  readonly call: (call: ToolCall) => readonly object[];
  readonly closing: (finish: Finish) => object;
  readonly usage: (usage: Usage) => object;
}

/** With usage to come, all other chunks say that it is not here yet. */
const notYet = (withUsage: boolean): object => (withUsage ? { usage: null } : {});

export const chatChunks = ({ id, created, model }: Marks, withUsage: boolean): Chunks => {
  const head = { id, object: 'chat.completion.chunk', created, model };
  const chunk = (delta: object, finish: Finish | null = null, drawn?: readonly DrawnToken[]): object => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: logprobsOf(drawn), finish_reason: finish }],
    ...notYet(withUsage),
  });
  return {
    opening: () => [chunk({ role: 'assistant', content: '', refusal: null })],
    piece: (text, drawn) => chunk({ content: text }, null, drawn),
    call: ({ id: callId, name, arguments: text }) => [
      chunk({ tool_calls: [{ index: 0, id: callId, type: 'function', function: { name, arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
    ],
    closing: (finish) => chunk({}, finish),
    usage: (usage) => ({ ...head, choices: [], usage: usageOf(usage) }),
  };
};

export const completionChunks = ({ id, created, model }: Marks, withUsage: boolean): Chunks => {
  const head = { id, object: 'text_completion', created, model };
  const chunk = (text: string, finish: Finish | null): object => ({
    ...head,
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
    ...notYet(withUsage),
  });
  return {
    opening: () => [],
    piece: (text) => chunk(text, null),
    call: () => [],
    closing: (finish) => chunk('', finish),
    usage: (usage) => ({ ...head, choices: [], usage: usageOf(usage) }),
  };
};

const listed = (name: string, created: number): object => ({ id: name, object: 'model', created, owned_by: 'orrery' });

export const modelOf = listed;
export const modelsOf = (name: string, created: number): object => ({ object: 'list', data: [listed(name, created)] });

const encoded = (vector: readonly number[], asBase64: boolean): string | readonly number[] =>
  asBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;

export const embeddingsOf = (
  model: string,
  { vectors, tokens, asBase64 }: { readonly vectors: readonly (readonly number[])[]; readonly tokens: number; readonly asBase64: boolean },
): object => ({
  object: 'list',
  data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encoded(vector, asBase64) })),
  model,
  usage: { prompt_tokens: tokens, total_tokens: tokens },
});
