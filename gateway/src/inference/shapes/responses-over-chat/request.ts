import { limitName } from '../chat/fields.ts';
import { cannot, listOf, type Members, membersOf, said } from '../members.ts';
import type { Asked } from '../shape.ts';
import { messagesOf } from './input.ts';

/** Nothing is kept here, so nothing that was kept can be named. */
const keeping: readonly (readonly [name: string, mend: string])[] = [
  ['previous_response_id', 'send the conversation as input'],
  ['conversation', 'send the conversation as input'],
  ['prompt', 'send instructions and input'],
];

const assertKeepsNothing = (body: Members): void => {
  for (const [name, mend] of keeping) {
    if (said(body[name]) !== undefined) throw cannot([name], 'is not supported: no response is kept here', mend);
  }
  if (body['store'] === true) throw cannot(['store'], 'is not supported: no response is kept here', 'send false, or leave it out');
  if (body['background'] === true) throw cannot(['background'], 'is not supported: answers are given at once', 'leave it out');
};

const toolsOf = (body: Members): readonly Members[] | undefined => {
  const tools = listOf(body['tools']).map((each, index) => {
    const { type, name, description, parameters, strict } = membersOf(each);
    if (type !== 'function') throw cannot(['tools', index, 'type'], 'must be function with this model', 'describe the tool as a function');
    return { type, function: { name, description: said(description), parameters: said(parameters), strict: said(strict) } };
  });
  return tools.length > 0 ? tools : undefined;
};

const choiceOf = (choice: unknown): unknown => {
  if (choice === undefined || choice === null || typeof choice === 'string') return said(choice);
  const { type, name } = membersOf(choice);
  if (type === 'function') return { type, function: { name } };
  throw cannot(['tool_choice'], 'is none that this model knows', 'send auto, required, none or one function');
};

const formatOf = (body: Members): Members | undefined => {
  const { type, ...rest } = membersOf(membersOf(body['text'])['format']);
  if (type === 'json_object') return { type };
  return type === 'json_schema' ? { type, json_schema: rest } : undefined;
};

/** A request of the Responses API for Chat Completions. */
export const requestOf = ({ body, model, maxOutput }: Asked): Members => {
  assertKeepsNothing(body);
  const tools = toolsOf(body);
  const isStream = body['stream'] === true;
  return {
    model,
    messages: messagesOf(body),
    [limitName(model)]: body['max_output_tokens'] ?? maxOutput,
    tools,
    tool_choice: tools && choiceOf(body['tool_choice']),
    parallel_tool_calls: tools && said(body['parallel_tool_calls']),
    response_format: formatOf(body),
    reasoning_effort: said(membersOf(body['reasoning'])['effort']),
    temperature: said(body['temperature']),
    top_p: said(body['top_p']),
    user: said(body['user']),
    stream: isStream ? true : undefined,
    stream_options: isStream ? { include_usage: true } : undefined,
  };
};
