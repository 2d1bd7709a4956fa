import { cannot, listAt, listOf, type Members, membersOf, textOf } from '../members.ts';

type Path = readonly (string | number)[];

interface Placed {
  readonly block: Members;
  readonly path: Path;
}

const urlOf = (source: Members, path: Path): string => {
  if (source['type'] === 'base64') return `data:${textOf(source['media_type'])};base64,${textOf(source['data'])}`;
  if (source['type'] === 'url') return textOf(source['url']);
  throw cannot([...path, 'source', 'type'], 'cannot be read by this model', 'send base64 or a url');
};

const documentOf = (block: Members, path: Path): Members => {
  const source = membersOf(block['source']);
  if (source['type'] === 'text') return { type: 'text', text: textOf(source['data']) };
  if (source['type'] !== 'base64') throw cannot([...path, 'source', 'type'], 'cannot be read by this model', 'send base64 or text');
  return { type: 'file', file: { filename: textOf(block['title']) || 'document.pdf', file_data: urlOf(source, path) } };
};

const partOf = ({ block, path }: Placed): Members => {
  switch (block['type']) {
    case 'text':
      return { type: 'text', text: textOf(block['text']) };
    case 'image':
      return { type: 'image_url', image_url: { url: urlOf(membersOf(block['source']), path) } };
    case 'document':
      return documentOf(block, path);
    default:
      throw cannot(path, `has a block of type ${String(block['type'])} that this model does not take`, 'leave it out');
  }
};

/** One text alone is sent as such: many model servers take nothing else. */
const contentOf = (parts: readonly Members[]): unknown =>
  parts.every(({ type }) => type === 'text') ? parts.map(({ text }) => text).join('\n') : parts;

const placed = (content: unknown, path: Path): readonly Placed[] =>
  typeof content === 'string'
    ? [{ block: { type: 'text', text: content }, path }]
    : listOf(content).map((block, index) => ({ block: membersOf(block), path: [...path, 'content', index] }));

const isOf =
  (type: string) =>
  ({ block }: Placed): boolean =>
    block['type'] === type;

/** Results of tools are texts there; pictures of a result are shown by the user, right after it. */
const resultOf = ({ block, path }: Placed): { readonly message: Members; readonly rest: readonly Placed[] } => {
  const inside = placed(block['content'], path);
  const texts = inside.filter(isOf('text')).map(partOf);
  return {
    message: { role: 'tool', tool_call_id: block['tool_use_id'], content: contentOf(texts) },
    rest: inside.filter((each) => !isOf('text')(each)),
  };
};

const userTurn = (content: readonly Placed[]): readonly Members[] => {
  const results = content.filter(isOf('tool_result')).map(resultOf);
  const shown = [...results.flatMap(({ rest }) => rest), ...content.filter((each) => !isOf('tool_result')(each))].map(partOf);
  const user = shown.length > 0 ? [{ role: 'user', content: contentOf(shown) }] : [];
  return [...results.map(({ message }) => message), ...user];
};

const callOf = ({ block }: Placed): Members => ({
  id: block['id'],
  type: 'function',
  function: { name: block['name'], arguments: JSON.stringify(block['input'] ?? {}) },
});

/** What a model thought is no part of what it is told next: its template leaves it out. */
const isThought = (each: Placed): boolean => isOf('thinking')(each) || isOf('redacted_thinking')(each);

const assistantTurn = (content: readonly Placed[]): readonly Members[] => {
  const calls = content.filter(isOf('tool_use')).map(callOf);
  const texts = content.filter((each) => !isOf('tool_use')(each) && !isThought(each)).map(partOf);
  if (calls.length === 0 && texts.length === 0) return [];
  return [{ role: 'assistant', content: texts.length > 0 ? contentOf(texts) : null, ...(calls.length > 0 ? { tool_calls: calls } : {}) }];
};

const turnOf = (message: Members, path: Path): readonly Members[] => {
  const content = placed(message['content'], path);
  switch (message['role']) {
    case 'user':
      return userTurn(content);
    case 'assistant':
      return assistantTurn(content);
    case 'system':
      return [{ role: 'system', content: contentOf(content.map(partOf)) }];
    default:
      throw cannot([...path, 'role'], 'is none of those that there are', 'send user or assistant');
  }
};

export const conversationOf = (body: Members): readonly Members[] => {
  const system = placed(body['system'], ['system']).map(partOf);
  const turns = listAt(body, 'messages').flatMap((message, index) => turnOf(membersOf(message), ['messages', index]));
  return system.length > 0 ? [{ role: 'system', content: contentOf(system) }, ...turns] : turns;
};
