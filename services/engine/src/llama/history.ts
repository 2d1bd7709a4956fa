import type { ChatHistoryItem, ChatModelResponse } from 'node-llama-cpp';
import type { Message } from '../wire/chat-request.ts';
import { wrongField } from '../wire/refused.ts';

type Part = ChatModelResponse['response'][number];
type ToolMessage = Extract<Message, { role: 'tool' }>;
type AssistantMessage = Extract<Message, { role: 'assistant' }>;

const parsed = (text: string, param: string): unknown => {
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw wrongField(param, 'is not JSON');
  }
};

/** A call belongs together with what came of it, which the client sends later. */
const callsOf = ({ tool_calls: calls }: AssistantMessage, at: number, results: ReadonlyMap<string, string>): Part[] =>
  (calls ?? []).map(({ id, function: { name, arguments: text } }, i) => ({
    type: 'functionCall',
    name,
    params: parsed(text, `messages[${at}].tool_calls[${i}].function.arguments`),
    result: results.get(id) ?? '',
  }));

const resultsOf = (messages: readonly Message[]): ReadonlyMap<string, string> => {
  const tools = messages.filter((message): message is ToolMessage => message.role === 'tool');
  return new Map(tools.map(({ tool_call_id: id, content }) => [id, content]));
};

/** What answers no call would stand nowhere, and the model would not read it. */
const assertCalled = (messages: readonly Message[]): void => {
  const called = new Set<string>();
  for (const [at, message] of messages.entries()) {
    if (message.role === 'assistant') for (const { id } of message.tool_calls ?? []) called.add(id);
    if (message.role === 'tool' && !called.has(message.tool_call_id))
      throw wrongField(`messages[${at}].tool_call_id`, 'answers none of the calls before it');
  }
};

/** The conversation as the library has it; at its end stands the answer that is to come. */
export const historyOf = (messages: readonly Message[]): ChatHistoryItem[] => {
  assertCalled(messages);
  const results = resultsOf(messages);
  const items = messages.flatMap((message, at): ChatHistoryItem[] => {
    // What tools answered stands with their calls.
    if (message.role === 'tool') return [];
    if (message.role === 'user') return [{ type: 'user', text: message.content }];
    if (message.role !== 'assistant') return [{ type: 'system', text: message.content }];
    const said: Part[] = message.content ? [message.content] : [];
    return [{ type: 'model', response: [...said, ...callsOf(message, at, results)] }];
  });
  return [...items, { type: 'model', response: [''] }];
};
