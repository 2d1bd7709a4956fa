import { randomUUID } from 'node:crypto';
import type { LlamaGrammar } from 'node-llama-cpp';
import { grammarSchemaOf } from './domain/grammar-schema.ts';
import type { OpenModel } from './llama/open-model.ts';
import { parametersOf } from './llama/prompt.ts';
import type { ToolCall } from './wire/answers.ts';
import type { ResponseFormat, Tool, ToolChoice } from './wire/chat-request.ts';
import { wrongField } from './wire/refused.ts';

/** The functions of which the model must call one; none where it may answer in words. */
export const forcedCallOf = (tools: readonly Tool[], choice: ToolChoice | undefined): readonly Tool[] => {
  if (choice === undefined || choice === 'auto' || choice === 'none') return [];
  if (tools.length === 0) throw wrongField('tool_choice', 'wants tools to choose from');
  if (choice === 'required') return tools;
  const named = tools.filter(({ name }) => name === choice.function.name);
  if (named.length === 0) throw wrongField('tool_choice.function.name', 'names none of the tools');
  return named;
};

const callSchema = (tool: Tool, i: number): object => ({
  type: 'object',
  properties: {
    name: { const: tool.name },
    arguments: parametersOf(tool, `tools[${i}].function.parameters`) ?? { type: 'object', properties: {} },
  },
});

type GrammarSchema = Parameters<OpenModel['model']['llama']['createGrammarForJsonSchema']>[0];

const schemaGrammar = async ({ model }: OpenModel, schema: object, param: string): Promise<LlamaGrammar> => {
  try {
    // Our own walk let nothing through that is not in the library's words.
    return await model.llama.createGrammarForJsonSchema(schema as GrammarSchema);
  } catch (cause) {
    throw wrongField(param, `makes no grammar: ${cause instanceof Error ? cause.message : String(cause)}`, 'unsupported_schema');
  }
};

/** What holds the model to a call or to a schema; undefined where it may say anything. */
export const grammarOf = async (
  open: OpenModel,
  forced: readonly Tool[],
  format: ResponseFormat | undefined,
): Promise<LlamaGrammar | undefined> => {
  if (forced.length > 0) {
    const calls = forced.map(callSchema);
    return await schemaGrammar(open, calls.length === 1 ? (calls[0] ?? {}) : { oneOf: calls }, 'tools');
  }
  if (format?.type === 'json_object') return await open.model.llama.getGrammarFor('json');
  if (format?.type !== 'json_schema') return undefined;
  const param = 'response_format.json_schema.schema';
  const made = grammarSchemaOf(format.json_schema.schema);
  if ('no' in made) throw wrongField(`${param}.${made.no.at}`, made.no.why, 'unsupported_schema');
  return await schemaGrammar(open, made.schema, param);
};

const beginning = /^\s*\{\s*"name"\s*:\s*"([^"]*)"\s*,?\s*(?:"arguments"\s*:\s*)?/;

/** The call that a grammar made the model write. One that was cut off has the arguments that came so far, as at OpenAI. */
export const readCall = (text: string, names: readonly string[]): ToolCall => {
  const id = `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  try {
    const { name, arguments: parameters } = JSON.parse(text);
    return { id, name, arguments: JSON.stringify(parameters) };
  } catch {
    const [whole = '', name] = beginning.exec(text) ?? [];
    return { id, name: name ?? names[0] ?? '', arguments: text.slice(whole.length) };
  }
};
