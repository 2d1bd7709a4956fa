import type { ChatHistoryItem, ChatModelFunctions, GbnfJsonSchema, Token } from 'node-llama-cpp';
import { grammarSchemaOf } from '../domain/grammar-schema.ts';
import type { Message, Tool } from '../wire/chat-request.ts';
import { wrongField } from '../wire/refused.ts';
import type { Input } from '../wire/text-request.ts';
import { historyOf } from './history.ts';
import type { OpenModel } from './open-model.ts';

/** What of the parameters of a function can be said in a grammar; undefined where it has none. */
export const parametersOf = ({ parameters }: Tool, param: string): GbnfJsonSchema | undefined => {
  if (!parameters || Object.keys(parameters).length === 0) return undefined;
  const made = grammarSchemaOf(parameters);
  if ('no' in made) throw wrongField(made.no.at === '' ? param : `${param}.${made.no.at}`, made.no.why, 'unsupported_schema');
  // Our own walk let nothing through that is not in the library's words.
  return made.schema as GbnfJsonSchema;
};

const functionsOf = (tools: readonly Tool[]): ChatModelFunctions =>
  Object.fromEntries(
    tools.map((tool, i) => {
      const params = parametersOf(tool, `tools[${i}].function.parameters`);
      return [tool.name, { ...(tool.description ? { description: tool.description } : {}), ...(params ? { params } : {}) }];
    }),
  );

/** llama.cpp puts a beginning before every prompt of models that were trained with one, unless the template did. */
const begun = ({ model }: OpenModel, tokens: readonly Token[]): Token[] => {
  const { bos, shouldPrependBosToken } = model.tokens;
  return bos !== null && shouldPrependBosToken && tokens[0] !== bos ? [bos, ...tokens] : [...tokens];
};

/** Where a template knows no tools, the functions are named in a message before all others. */
const toldOf = (tools: readonly Tool[]): ChatHistoryItem[] =>
  tools.length === 0 ? [] : [{ type: 'system', text: `Functions that can be called: ${JSON.stringify(tools)}` }];

/** The conversation as the model's own template writes it. What people say never becomes a control token. */
export const promptOfChat = (open: OpenModel, messages: readonly Message[], tools: readonly Tool[]): Token[] => {
  if (!open.wrapper) throw wrongField('model', 'has no chat template: use /v1/completions', 'unsupported_model');
  const knowsTools = open.wrapper.usingJinjaFunctionCallTemplate;
  const availableFunctions = functionsOf(tools);
  const chatHistory = [...toldOf(knowsTools ? [] : tools), ...historyOf(messages)];
  try {
    const { contextText } = open.wrapper.generateContextState({ chatHistory, ...(knowsTools ? { availableFunctions } : {}) });
    return begun(open, contextText.tokenize(open.model.tokenizer));
  } catch (cause) {
    // Templates refuse conversations that their models were not trained for, such as two users in a row.
    throw wrongField('messages', `the model's template refuses them: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};

const highestToken = ({ model }: OpenModel): number => (model.fileInfo.metadata.tokenizer.ggml.tokens?.length ?? 0) - 1;

/** Text as tokens, or tokens as they are. In `raw` text control tokens are what they are called: whoever completes text writes its template. */
export const tokensOf = (open: OpenModel, input: Input, { field, raw }: { readonly field: string; readonly raw: boolean }): Token[] => {
  if (typeof input === 'string') return begun(open, open.model.tokenize(input, raw));
  const strange = input.findIndex((token) => token > highestToken(open));
  if (strange >= 0) throw wrongField(`${field}[${strange}]`, 'is no token of this model');
  // What a tokenizer made: the library marks such numbers as its own.
  return begun(open, input as Token[]);
};
