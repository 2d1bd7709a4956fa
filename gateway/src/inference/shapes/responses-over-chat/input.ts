import { cannot, listOf, type Members, membersOf, textOf } from '../members.ts';

type Path = readonly (string | number)[];

const partOf = (part: Members, path: Path): Members => {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: textOf(part['text']) };
    case 'refusal':
      return { type: 'text', text: textOf(part['refusal']) };
    case 'input_image':
      if (typeof part['image_url'] !== 'string') throw cannot(path, 'names a picture that is not here', 'send its image_url');
      return { type: 'image_url', image_url: { url: part['image_url'], ...(part['detail'] ? { detail: part['detail'] } : {}) } };
    case 'input_file':
      if (typeof part['file_data'] !== 'string') throw cannot(path, 'names a file that is not here', 'send its file_data');
      return { type: 'file', file: { filename: textOf(part['filename']) || 'file', file_data: part['file_data'] } };
    default:
      throw cannot(path, `has a part of type ${String(part['type'])} that cannot be sent to this model`, 'leave it out');
  }
};

const contentOf = (content: unknown, path: Path): unknown => {
  if (typeof content === 'string') return content;
  const parts = listOf(content).map((part, index) => partOf(membersOf(part), [...path, index]));
  return parts.every(({ type }) => type === 'text') ? parts.map(({ text }) => text).join('') : parts;
};

const roles: ReadonlySet<unknown> = new Set(['user', 'assistant', 'system', 'developer']);

const messageOf = (item: Members, path: Path): Members => {
  const { role } = item;
  if (!roles.has(role)) throw cannot([...path, 'role'], 'is none that this model knows', 'send user, assistant, system or developer');
  return { role: role === 'developer' ? 'system' : role, content: contentOf(item['content'], [...path, 'content']) };
};

const callOf = (item: Members): Members => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: item['call_id'], type: 'function', function: { name: item['name'], arguments: textOf(item['arguments']) } }],
});

const itemOf = (item: Members, path: Path): readonly Members[] => {
  switch (item['type']) {
    case undefined:
    case 'message':
      return [messageOf(item, path)];
    case 'function_call':
      return [callOf(item)];
    case 'function_call_output':
      return [{ role: 'tool', tool_call_id: item['call_id'], content: contentOf(item['output'], [...path, 'output']) }];
    // What a model thought is no part of what it is told next.
    case 'reasoning':
      return [];
    default:
      throw cannot(
        [...path, 'type'],
        `is ${String(item['type'])}, which cannot be sent to this model`,
        'send messages, calls and their outputs',
      );
  }
};

/** What the model said and called stands in one message, as it was answered. */
const joined = (messages: readonly Members[]): readonly Members[] => {
  const all: Members[] = [];
  for (const message of messages) {
    const last = all.at(-1);
    const calls = listOf(message['tool_calls']);
    if (last?.['role'] === 'assistant' && calls.length > 0) {
      all[all.length - 1] = { ...last, tool_calls: [...listOf(last['tool_calls']), ...calls] };
    } else {
      all.push(message);
    }
  }
  return all;
};

/** The messages of a conversation, with the instructions before them. */
export const messagesOf = ({ instructions, input }: Members): readonly Members[] => {
  const first = typeof instructions === 'string' && instructions !== '' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...first, { role: 'user', content: input }];
  if (!Array.isArray(input)) throw cannot(['input'], 'must be a text or a list', 'send a text, or a list of items');
  return [...first, ...joined(listOf(input).flatMap((item, index) => itemOf(membersOf(item), ['input', index])))];
};
