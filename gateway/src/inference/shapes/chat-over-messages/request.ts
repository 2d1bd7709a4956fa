import { cannot, listOf, type Members, membersOf, said } from '../members.ts';
import type { Asked } from '../shape.ts';
import { conversationOf } from './conversation.ts';

const toolsOf = (body: Members): readonly Members[] | undefined => {
  if (!Array.isArray(body['tools'])) return undefined;
  return listOf(body['tools']).map((each, index) => {
    const tool = membersOf(each);
    if (tool['type'] !== 'function') {
      throw cannot(['tools', index, 'type'], 'must be function with this model', 'describe the tool as a function');
    }
    const { name, description, parameters } = membersOf(tool['function']);
    return { name, description: said(description), input_schema: parameters ?? { type: 'object', properties: {} } };
  });
};

const choices: Readonly<Record<string, string>> = { auto: 'auto', required: 'any', none: 'none' };

const choiceOf = (choice: unknown): Members | undefined => {
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string' && choices[choice] !== undefined) return { type: choices[choice] };
  const { name } = membersOf(membersOf(choice)['function']);
  if (typeof name === 'string') return { type: 'tool', name };
  throw cannot(['tool_choice'], 'is none that this model knows', 'send auto, required, none or one function');
};

const toolChoiceOf = (body: Members): Members | undefined => {
  const choice = choiceOf(body['tool_choice']);
  if (body['parallel_tool_calls'] !== false || choice?.['type'] === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
};

const formatOf = (body: Members): Members | undefined => {
  const format = membersOf(body['response_format']);
  switch (format['type']) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_schema':
      return { format: { type: 'json_schema', schema: membersOf(format['json_schema'])['schema'] } };
    default:
      throw cannot(['response_format', 'type'], 'must be text or json_schema with this model', 'send a json_schema');
  }
};

/** What would change the form of the answer cannot be left out in silence, as hints can. */
const assertFits = (body: Members): void => {
  if (typeof body['n'] === 'number' && body['n'] > 1) throw cannot(['n'], 'must be 1 with this model', 'ask again for another answer');
  if (body['logprobs'] === true) throw cannot(['logprobs'], 'cannot be told by this model', 'leave it out');
  if (Array.isArray(body['functions'])) throw cannot(['functions'], 'are not known to this model', 'send them as tools');
  if (body['audio'] !== undefined && body['audio'] !== null) throw cannot(['audio'], 'cannot be given by this model', 'leave it out');
};

/** Of these models 1 is the highest. */
const temperatureOf = (value: unknown): unknown => (typeof value === 'number' ? Math.min(1, value) : said(value));

const stopsOf = (value: unknown): unknown => (typeof value === 'string' ? [value] : said(value));

const userOf = (value: unknown): Members | undefined => (typeof value === 'string' ? { user_id: value } : undefined);

/**
 * A request of Chat Completions for the Messages API. Penalties, seeds, biases and how hard to think are hints: the API knows none of them,
 * and whoever sends them gets an answer all the same (as from Anthropic's own layer for OpenAI's SDK).
 */
export const requestOf = ({ body, model, maxOutput }: Asked): Members => {
  assertFits(body);
  const { system, messages } = conversationOf(body);
  const tools = toolsOf(body);
  return {
    model,
    max_tokens: body['max_completion_tokens'] ?? body['max_tokens'] ?? maxOutput,
    system: system.length > 0 ? system : undefined,
    messages,
    tools,
    tool_choice: tools && toolChoiceOf(body),
    output_config: formatOf(body),
    stop_sequences: stopsOf(body['stop']),
    temperature: temperatureOf(body['temperature']),
    top_p: said(body['top_p']),
    top_k: said(body['top_k']),
    thinking: said(body['thinking']),
    metadata: userOf(body['user']),
    stream: said(body['stream']),
  };
};
