import type { Piece } from '../chat/chunk.ts';
import { type Members, membersOf } from '../members.ts';
import type { Asked } from '../shape.ts';

const millisPerSecond = 1_000;

/** A response before anything is known of it but what was asked: clients read there what they asked for. */
export const openResponse = ({ body, named, requestId, now }: Asked): Members => ({
  id: `resp_${requestId}`,
  object: 'response',
  created_at: Math.floor(now / millisPerSecond),
  status: 'in_progress',
  background: false,
  error: null,
  incomplete_details: null,
  instructions: body['instructions'] ?? null,
  max_output_tokens: body['max_output_tokens'] ?? null,
  metadata: body['metadata'] ?? {},
  model: named,
  output: [],
  parallel_tool_calls: body['parallel_tool_calls'] ?? true,
  previous_response_id: null,
  reasoning: { effort: membersOf(body['reasoning'])['effort'] ?? null, summary: null },
  store: false,
  temperature: body['temperature'] ?? null,
  text: body['text'] ?? { format: { type: 'text' } },
  tool_choice: body['tool_choice'] ?? 'auto',
  tools: body['tools'] ?? [],
  top_p: body['top_p'] ?? null,
  truncation: 'disabled',
  usage: null,
  user: body['user'] ?? null,
});

/** How it ended: whole, or cut short and why. */
export const endOf = (finish: string | undefined): Members => {
  if (finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (finish === 'content_filter') return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed' };
};

export type Status = 'in_progress' | 'completed' | 'incomplete';

/** A part of a message or a thought, with what was written of it. */
export const partOf = (kind: Piece['kind'], text: string): Members => {
  if (kind === 'thinking') return { type: 'reasoning_text', text };
  return kind === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [], logprobs: [] };
};

/** One item of the output. */
export interface Item {
  readonly id: string;
  readonly kind: Piece['kind'];
  readonly call: { readonly id: string; readonly name: string; readonly at: number };
  readonly text: string;
}

export const itemOf = ({ id, kind, call, text }: Item, status: Status): Members => {
  const content = status === 'in_progress' ? [] : [partOf(kind, text)];
  if (kind === 'call') return { id, type: 'function_call', status, arguments: text, call_id: call.id, name: call.name };
  if (kind === 'thinking') return { id, type: 'reasoning', status, summary: [], content };
  return { id, type: 'message', status, role: 'assistant', content };
};

const prefixes = { text: 'msg', refusal: 'msg', thinking: 'rs', call: 'fc' } as const;

/** The item that begins with this piece, nothing written of it yet. */
export const beginning = (piece: Piece, index: number, { requestId }: Asked): Item => ({
  id: `${prefixes[piece.kind]}_${requestId}_${index}`,
  kind: piece.kind,
  call: piece.kind === 'call' ? { id: piece.id || `call_${piece.at}`, name: piece.name, at: piece.at } : { id: '', name: '', at: 0 },
  text: '',
});
