import { limitName } from '../chat/fields.ts';
import { cannot, listOf, type Members, membersOf, said, textOf } from '../members.ts';
import type { Asked } from '../shape.ts';
import { conversationOf } from './conversation.ts';

const toolsOf = (body: Members): readonly Members[] | undefined => {
  const tools = listOf(body['tools']).map((each, index) => {
    const { type = 'custom', name, description, input_schema: parameters } = membersOf(each);
    if (type !== 'custom')
      throw cannot(['tools', index, 'type'], 'must be custom with this model', 'describe the tool by its input_schema');
    return { type: 'function', function: { name, description: said(description), parameters } };
  });
  return tools.length > 0 ? tools : undefined;
};

const choices: Readonly<Record<string, string>> = { auto: 'auto', any: 'required', none: 'none' };

const choiceOf = (choice: Members): unknown =>
  choice['type'] === 'tool' ? { type: 'function', function: { name: choice['name'] } } : choices[textOf(choice['type'])];

const formatOf = (body: Members): Members | undefined => {
  const { type, schema } = membersOf(membersOf(body['output_config'])['format'] ?? body['output_format']);
  return type === 'json_schema' ? { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } : undefined;
};

/** Thinking is measured in tokens here, and in words there; the borders are those that other gateways draw. */
const effortOf = (thinking: Members): string | undefined => {
  if (thinking['type'] !== 'enabled') return undefined;
  const budget = Number(thinking['budget_tokens'] ?? 0);
  if (budget < 4_096) return 'low';
  return budget < 16_384 ? 'medium' : 'high';
};

/** A request of the Messages API for Chat Completions. */
export const requestOf = ({ body, model, maxOutput }: Asked): Members => {
  const tools = toolsOf(body);
  const choice = membersOf(body['tool_choice']);
  const isStream = body['stream'] === true;
  return {
    model,
    messages: conversationOf(body),
    [limitName(model)]: body['max_tokens'] ?? maxOutput,
    tools,
    tool_choice: tools && choiceOf(choice),
    parallel_tool_calls: tools && choice['disable_parallel_tool_use'] === true ? false : undefined,
    response_format: formatOf(body),
    reasoning_effort: effortOf(membersOf(body['thinking'])),
    stop: said(body['stop_sequences']),
    temperature: said(body['temperature']),
    top_p: said(body['top_p']),
    top_k: said(body['top_k']),
    user: said(membersOf(body['metadata'])['user_id']),
    stream: isStream ? true : undefined,
    stream_options: isStream ? { include_usage: true } : undefined,
  };
};
