import { type Members, membersOf, textOf } from '../../shapes/members.ts';
import type { Sent } from '../../shapes/shape.ts';
import type { Course, Manner } from './manner.ts';

const typeOf = ({ type }: Members): string => textOf(type);
const named = (data: Members): Sent => ({ event: typeOf(data), data });

/** The Messages API: one block after the other. */
export const messagesManner: Manner = {
  hasNames: true,
  channelOf: (event, path) =>
    path.length === 2 && (path[0] === 'delta' || path[0] === 'content_block') ? `block ${String(event['index'])}` : undefined,
  closes: (event, channel) => {
    const type = typeOf(event);
    if (type === 'content_block_stop') return channel === `block ${String(event['index'])}`;
    return type === 'message_delta' || type === 'message_stop';
  },
  more: (event, path, text) => {
    const name = String(path.at(-1));
    const delta = path[0] === 'delta' ? membersOf(event['delta']) : { type: name === 'thinking' ? 'thinking_delta' : 'text_delta' };
    return { type: 'content_block_delta', index: event['index'], delta: { ...delta, [name]: text } };
  },
};

export class MessagesCourse implements Course {
  readonly #open = new Set<unknown>();
  #usage: Members = { output_tokens: 0 };

  see(event: Members): void {
    const { output_tokens: output } = membersOf(membersOf(event['message'])['usage']);
    if (output !== undefined) this.#usage = { output_tokens: output };
    const { index } = event;
    if (typeOf(event) === 'content_block_start') this.#open.add(index);
    if (typeOf(event) === 'content_block_stop') this.#open.delete(index);
  }

  /** As its own classifiers end a stream: the message is refused. */
  blocked(guardrail: string): ReturnType<Course['blocked']> {
    const explanation = `The guardrail ${guardrail} ended this answer.`;
    const stop_details = { type: 'refusal', category: null, explanation };
    return [
      ...[...this.#open].map((index) => named({ type: 'content_block_stop', index })),
      named({ type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null, stop_details }, usage: this.#usage }),
      named({ type: 'message_stop' }),
    ];
  }
}
