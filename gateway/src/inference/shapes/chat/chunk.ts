import { isMembers, listOf, type Members, membersOf, textOf } from '../members.ts';

/** A piece of what a model writes: a text of some sort, or part of a call of a tool. */
export type Piece =
  | { readonly kind: 'text' | 'thinking' | 'refusal'; readonly text: string }
  | { readonly kind: 'call'; readonly at: number; readonly id: string; readonly name: string; readonly text: string };

/** What a chunk of Chat Completions says; of more than one choice the first. */
export interface Chunk {
  readonly pieces: readonly Piece[];
  readonly finish: string | undefined;
  /** What made it stop, where the model server tells. */
  readonly stop: string | undefined;
  readonly usage: unknown;
  readonly isError: boolean;
}

const textPiece = (kind: 'text' | 'thinking' | 'refusal', value: unknown): readonly Piece[] =>
  typeof value === 'string' && value !== '' ? [{ kind, text: value }] : [];

const callPiece = (value: unknown, position: number): Piece => {
  const call = membersOf(value);
  const { name, arguments: text } = membersOf(call['function']);
  const at = Number.isSafeInteger(call['index']) ? Number(call['index']) : position;
  return { kind: 'call', at, id: textOf(call['id']), name: textOf(name), text: textOf(text) };
};

/** What a message says, or what is new of it: both are written alike. */
const piecesOf = (message: Members): readonly Piece[] => [
  ...textPiece('thinking', message['reasoning_content'] ?? message['reasoning']),
  ...textPiece('text', message['content']),
  ...textPiece('refusal', message['refusal']),
  ...listOf(message['tool_calls']).map(callPiece),
];

const isFirst = (choice: Members): boolean => (choice['index'] ?? 0) === 0;

const firstOf = (body: Members): Members => listOf(body['choices']).map(membersOf).find(isFirst) ?? {};

const wordOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Of a chunk what is new is its `delta`, of a whole answer it is all of its `message`. */
const readBy =
  (part: 'delta' | 'message') =>
  (body: Members): Chunk => {
    const choice = firstOf(body);
    return {
      pieces: piecesOf(membersOf(choice[part])),
      finish: wordOf(choice['finish_reason']),
      stop: wordOf(choice['stop_reason']),
      usage: body['usage'],
      isError: isMembers(body['error']) || wordOf(body['error']) !== undefined,
    };
  };

export const chunkOf = readBy('delta');
export const wholeOf = readBy('message');

/** What an answer may hold of text that has to be said again at its end, or that waits for its turn. */
export const longestKept = 16 * 1024 * 1024;
