import { type Chunk, type Piece, wholeOf } from '../chat/chunk.ts';
import { argumentsOf, listOf, type Members } from '../members.ts';
import type { Asked } from '../shape.ts';
import { countedIn, messagesUsage } from '../usage.ts';

const reasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

export interface Stopped {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
}

/** Some model servers say `stop` also where a tool is called, and some tell which word made them stop. */
export const stoppedBy = ({ finish, stop }: Pick<Chunk, 'finish' | 'stop'>, hasCalls: boolean, { body }: Asked): Stopped => {
  const reason = reasons[finish ?? 'stop'] ?? 'end_turn';
  if (reason !== 'end_turn') return { stop_reason: reason, stop_sequence: null };
  if (hasCalls) return { stop_reason: 'tool_use', stop_sequence: null };
  const isSequence = stop !== undefined && listOf(body['stop_sequences']).includes(stop);
  return isSequence ? { stop_reason: 'stop_sequence', stop_sequence: stop } : { stop_reason: reason, stop_sequence: null };
};

const blockOf = (piece: Piece): Members => {
  if (piece.kind === 'thinking') return { type: 'thinking', thinking: piece.text, signature: '' };
  if (piece.kind === 'call') return { type: 'tool_use', id: piece.id, name: piece.name, input: argumentsOf(piece.text) };
  return { type: 'text', text: piece.text, citations: null };
};

/** A message with nothing in it yet. */
export const emptyMessage = ({ requestId, named }: Asked): Members => ({
  id: `msg_${requestId}`,
  type: 'message',
  role: 'assistant',
  model: named,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: messagesUsage(),
});

export const answerOf = (body: Members, asked: Asked): Members => {
  const whole = wholeOf(body);
  const hasCalls = whole.pieces.some(({ kind }) => kind === 'call');
  return {
    ...emptyMessage(asked),
    content: whole.pieces.map(blockOf),
    ...stoppedBy(whole, hasCalls, asked),
    usage: messagesUsage(countedIn(body['usage'])),
  };
};
