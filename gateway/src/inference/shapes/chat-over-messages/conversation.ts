import { argumentsOf, cannot, listAt, listOf, type Members, membersOf, textOf } from '../members.ts';
import { blocksOf } from './content.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Members[];
}

/** A conversation as the Messages API wants it: what holds for all of it apart, and turns. */
export interface Conversation {
  readonly system: readonly Members[];
  readonly messages: readonly Turn[];
}

type Path = readonly (string | number)[];

const callsOf = (message: Members): readonly Members[] =>
  listOf(message['tool_calls']).map((each) => {
    const call = membersOf(each);
    const { name, arguments: text } = membersOf(call['function']);
    return { type: 'tool_use', id: call['id'], name, input: argumentsOf(textOf(text)) };
  });

const turnOf = (message: Members, path: Path): Turn => {
  const content = (): readonly Members[] => blocksOf(message['content'], [...path, 'content']);
  switch (message['role']) {
    case 'user':
      return { role: 'user', content: content() };
    case 'assistant':
      return { role: 'assistant', content: [...content(), ...callsOf(message)] };
    case 'tool':
      return { role: 'user', content: [{ type: 'tool_result', tool_use_id: message['tool_call_id'], content: content() }] };
    default:
      throw cannot([...path, 'role'], 'is none that this model knows', 'send system, developer, user, assistant or tool');
  }
};

/** Results of tools must stand together in the turn after the calls: what one side says in a row is one turn. */
const joined = (turns: readonly Turn[]): readonly Turn[] => {
  const all: { role: Turn['role']; content: Members[] }[] = [];
  for (const { role, content } of turns) {
    const last = all.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) all.push({ role, content: [...content] });
  }
  return all;
};

const isForAll = (message: Members): boolean => message['role'] === 'system' || message['role'] === 'developer';

/** What is said as system or developer, wherever it stands, goes to the top, in its order. */
export const conversationOf = (body: Members): Conversation => {
  const given = listAt(body, 'messages').map((each, index) => ({ message: membersOf(each), path: ['messages', index] }));
  return {
    system: given.filter(({ message }) => isForAll(message)).flatMap(({ message, path }) => blocksOf(message['content'], path)),
    messages: joined(given.filter(({ message }) => !isForAll(message)).map(({ message, path }) => turnOf(message, path))),
  };
};
