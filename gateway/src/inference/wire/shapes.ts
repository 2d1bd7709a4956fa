/** Where in an answer, whole or in pieces, stands what accounting must know. A path is the names of nested members, from the top. */
export interface Shape {
  /** Members whose text a model wrote, wherever they stand; in a stream they hold what is new. */
  readonly texts: readonly string[];
  readonly usages: readonly (readonly string[])[];
  readonly errors: readonly (readonly string[])[];
  /** What the member `type` at the top says in the frame after which nothing comes. */
  readonly lastTypes: readonly string[];
  /** What it says in a frame that tells of an error. */
  readonly errorTypes: readonly string[];
}

/** Of OpenAI's chat, completions and embeddings, and all who speak like them. Tool calls and thoughts are written by the model as well. */
const openai: Shape = {
  texts: ['content', 'reasoning_content', 'reasoning', 'refusal', 'arguments', 'text'],
  usages: [['usage']],
  errors: [['error']],
  lastTypes: [],
  errorTypes: [],
};

/** Of OpenAI's responses: later frames of a stream say again, whole, what `delta` said in pieces. */
const responses: Shape = {
  texts: ['delta'],
  usages: [['response', 'usage']],
  errors: [['error'], ['response', 'error']],
  lastTypes: ['response.completed', 'response.incomplete', 'response.failed'],
  errorTypes: ['error', 'response.failed'],
};

const wholeResponse: Shape = { ...responses, texts: ['text', 'arguments', 'refusal'], usages: [['usage']], lastTypes: [], errorTypes: [] };

/** Of Anthropic's messages: what went in is told when a stream begins, what came out when it ends. */
const messages: Shape = {
  texts: ['text', 'thinking', 'partial_json'],
  usages: [['usage'], ['message', 'usage']],
  errors: [['error']],
  lastTypes: ['message_stop'],
  errorTypes: ['error'],
};

export type Protocol = 'chat' | 'completions' | 'embeddings' | 'responses' | 'messages';

export const shapeOf = (protocol: Protocol, isStream: boolean): Shape => {
  if (protocol === 'messages') return messages;
  if (protocol === 'responses') return isStream ? responses : wholeResponse;
  return openai;
};
