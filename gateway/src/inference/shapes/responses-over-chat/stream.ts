import { chunkOf } from '../chat/chunk.ts';
import { complaintOf } from '../errors.ts';
import type { Members } from '../members.ts';
import type { Asked, Sent, StreamMapping } from '../shape.ts';
import { type Counted, counting, responsesUsage } from '../usage.ts';
import { Items, type Told } from './items.ts';
import { endOf, openResponse } from './response.ts';

/** Chunks of Chat Completions as events of the Responses API. */
export class ResponseEvents implements StreamMapping {
  readonly #asked: Asked;
  readonly #items: Items;
  #finish: string | undefined;
  #usage: Counted | undefined;
  #sequence = 0;
  #hasBegun = false;
  #isOver = false;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#items = new Items(asked);
  }

  next(body: Members): readonly Sent[] {
    if (this.#isOver) return [];
    const chunk = chunkOf(body);
    if (chunk.isError) return this.fail(complaintOf(body).message);
    this.#usage = counting(this.#usage, chunk.usage);
    this.#finish = chunk.finish ?? this.#finish;
    const sent = [...this.#begin(), ...chunk.pieces.flatMap((piece) => this.#numbered(this.#items.add(piece)))];
    return this.#items.isOverfull ? [...sent, ...this.fail('The model server wrote more than can be kept.')] : sent;
  }

  end(isWhole: boolean): readonly Sent[] {
    if (this.#isOver) return [];
    if (!isWhole && this.#finish === undefined) return this.fail('The model server ended its answer too early.');
    const begun = this.#begin();
    this.#isOver = true;
    const end = endOf(this.#finish);
    const status = end['status'] === 'completed' ? 'completed' : 'incomplete';
    const items = this.#numbered(this.#items.end(status));
    const response = {
      ...openResponse(this.#asked),
      ...end,
      output: this.#items.output(status),
      usage: responsesUsage(this.#usage),
    };
    return [...begun, ...items, ...this.#numbered([{ type: `response.${status}`, members: { response } }])];
  }

  fail(message: string): readonly Sent[] {
    if (this.#isOver) return [];
    const begun = this.#begin();
    this.#isOver = true;
    this.#items.end('incomplete');
    const response = {
      ...openResponse(this.#asked),
      status: 'failed',
      error: { code: 'server_error', message },
      output: this.#items.output('incomplete'),
    };
    return [...begun, ...this.#numbered([{ type: 'response.failed', members: { response } }])];
  }

  #begin(): readonly Sent[] {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    const members = { response: openResponse(this.#asked) };
    return this.#numbered(['response.created', 'response.in_progress'].map((type) => ({ type, members })));
  }

  #numbered(events: readonly Told[]): readonly Sent[] {
    return events.map(({ type, members }) => {
      const sequence = this.#sequence;
      this.#sequence += 1;
      return { event: type, data: { type, sequence_number: sequence, ...members } };
    });
  }
}
