import { type Chunk, chunkOf } from '../chat/chunk.ts';
import { complaintOf, messagesError } from '../errors.ts';
import type { Members } from '../members.ts';
import type { Asked, Sent, StreamMapping } from '../shape.ts';
import { type Counted, counting, messagesUsage } from '../usage.ts';
import { emptyMessage, stoppedBy } from './answer.ts';
import { Blocks } from './blocks.ts';

/** Chunks of Chat Completions as events of the Messages API. */
export class MessageEvents implements StreamMapping {
  readonly #asked: Asked;
  readonly #blocks = new Blocks();
  #last: Pick<Chunk, 'finish' | 'stop'> = { finish: undefined, stop: undefined };
  #usage: Counted | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  next(body: Members): readonly Sent[] {
    if (this.#isOver) return [];
    const chunk = chunkOf(body);
    if (chunk.isError) return this.fail(complaintOf(body).message);
    this.#usage = counting(this.#usage, chunk.usage);
    if (chunk.finish !== undefined) this.#last = chunk;
    const sent = [...this.#begin(), ...chunk.pieces.flatMap((piece) => this.#blocks.add(piece))];
    return this.#blocks.isOverfull ? [...sent, ...this.fail('The model server sent more at once than can be kept.')] : sent;
  }

  /** What was counted comes after the reason why it stopped, so that both are told at the end. */
  end(isWhole: boolean): readonly Sent[] {
    if (this.#isOver) return [];
    if (!isWhole && this.#last.finish === undefined) return this.fail('The model server ended its answer too early.');
    const begun = this.#begin();
    const blocks = this.#blocks.end();
    this.#isOver = true;
    const delta = stoppedBy(this.#last, this.#blocks.hasCalls, this.#asked);
    return [
      ...begun,
      ...blocks,
      { event: 'message_delta', data: { type: 'message_delta', delta, usage: messagesUsage(this.#usage) } },
      { event: 'message_stop', data: { type: 'message_stop' } },
    ];
  }

  fail(message: string): readonly Sent[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    return [{ event: 'error', data: messagesError(500, { message }) }];
  }

  #begin(): readonly Sent[] {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    return [
      { event: 'message_start', data: { type: 'message_start', message: emptyMessage(this.#asked) } },
      { event: 'ping', data: { type: 'ping' } },
    ];
  }
}
