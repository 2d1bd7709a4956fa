import type { Outlet } from '../forward/attempt.ts';
import type { AnswerReader } from '../wire/answer-reader.ts';
import type { Delivery, Headers } from './delivery.ts';
import type { Fields } from './outgoing.ts';
import type { Through } from './speech.ts';

const lf = 10;
const cr = 13;
const noBytes = Buffer.alloc(0);
/** So much of a whole answer is kept until it is there, so that its head can say what it cost; of a longer one the trailer says it. */
const heldBytes = 65_536;
/** What must be said in another way, or reviewed, is kept as a whole. */
const longestKept = 33_554_432;

const checked = (bytes: number): number => {
  if (bytes > longestKept) throw new RangeError(`an answer is longer than ${longestKept} bytes`);
  return bytes;
};

/** What the client gets. Bytes go out as they come in, or not faster than they are taken. */
export interface Answer extends Outlet {
  /** All came. Throws where it cannot be said to the client; of a whole answer nothing has been said then. */
  complete(): void;
  /** Between `complete` and `finish`, where it is held. Whatever is thrown, nothing has been said. */
  review(by: (body: Buffer) => Promise<Buffer>): Promise<void>;
  /** After `complete`. `last`: headers that are known only now, in the head where that is still to be written, else in the trailer. */
  finish(last: Headers): void;
  /** The rest will not come: `frame` says so where bytes pass as they are, a translation says the `message` in its own way. */
  breakOff(message: string, frame: Buffer): void;
}

export interface AnswerOptions {
  readonly delivery: Delivery;
  /** Asked when the head is written; made for that alone. */
  readonly headers: () => Fields;
  readonly reader: AnswerReader;
  /** Names of what is known at the end. */
  readonly trailers: readonly string[];
  /** Nothing is said before all of it is there and was reviewed. */
  readonly isHeld: boolean;
}

/** Whether another frame can begin after these bytes. */
export const isFrameEnd = (bytes: Buffer): boolean => {
  const last = bytes.at(-1);
  const before = bytes.at(-2);
  return (last === lf && (before === lf || before === cr)) || (last === cr && (before === cr || before === lf));
};

/** Server-sent events, as they come. */
export class StreamedAnswer implements Answer {
  readonly #options: AnswerOptions;
  readonly #through: Through | undefined;
  /** What was written last: whether a frame is open can be seen at its end. */
  #last: Buffer | undefined;
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(options: AnswerOptions, through: Through | undefined) {
    this.#options = options;
    this.#through = through;
  }

  take(chunk: Buffer): boolean {
    this.#options.reader.push(chunk);
    return this.#write(this.#through ? this.#through.push(chunk) : chunk);
  }

  complete(): void {
    this.#options.reader.end();
    if (this.#through) this.#write(this.#through.end());
  }

  async review(by: (body: Buffer) => Promise<Buffer>): Promise<void> {
    const held = await by(Buffer.concat(this.#held));
    this.#say(held);
  }

  finish(last: Headers): void {
    const { delivery } = this.#options;
    this.#begin();
    delivery.finish(last);
  }

  /** Told once, in a frame where one can begin; else the connection breaks off, so that nobody takes half a frame for a whole one. */
  breakOff(message: string, frame: Buffer): void {
    const { delivery, reader } = this.#options;
    if (this.#last !== undefined && !isFrameEnd(this.#last)) {
      delivery.cut();
      return;
    }
    if (this.#through?.fail) this.#say(this.#through.fail(message));
    // What the model server said of it has passed as it came.
    else if (!reader.seen().isError) this.#say(frame);
    delivery.endEarly();
  }

  #write(bytes: Buffer): boolean {
    if (!this.#options.isHeld) return this.#say(bytes);
    this.#bytes = checked(this.#bytes + bytes.length);
    this.#held.push(bytes);
    return true;
  }

  #say(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#begin();
    this.#last = bytes;
    return this.#options.delivery.write(bytes);
  }

  #begin(): void {
    const { delivery, headers, trailers } = this.#options;
    if (!delivery.hasBegun) delivery.begin(headers(), trailers);
  }
}

/** An answer that means something only as a whole. */
export class WholeAnswer implements Answer {
  readonly #options: AnswerOptions;
  readonly #translate: ((answer: Buffer) => Buffer) | undefined;
  #held: Buffer[] = [];
  #bytes = 0;

  constructor(options: AnswerOptions, translate: ((answer: Buffer) => Buffer) | undefined) {
    this.#options = options;
    this.#translate = translate;
  }

  take(chunk: Buffer): boolean {
    const { reader, delivery, headers, trailers, isHeld } = this.#options;
    reader.push(chunk);
    if (delivery.hasBegun) return delivery.write(chunk);
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    if (this.#translate || isHeld) {
      checked(this.#bytes);
      return true;
    }
    if (this.#bytes <= heldBytes) return true;
    delivery.begin(headers(), trailers);
    const held = Buffer.concat(this.#held);
    this.#held = [];
    return delivery.write(held);
  }

  complete(): void {
    this.#options.reader.end();
    if (this.#translate) this.#held = [this.#translate(Buffer.concat(this.#held))];
  }

  async review(by: (body: Buffer) => Promise<Buffer>): Promise<void> {
    this.#held = [await by(Buffer.concat(this.#held))];
  }

  finish(last: Headers): void {
    const { delivery, headers } = this.#options;
    if (delivery.hasBegun) {
      delivery.finish(last);
      return;
    }
    const [only = noBytes, ...more] = this.#held;
    delivery.whole(Object.assign(headers(), last), more.length === 0 ? only : Buffer.concat(this.#held));
  }

  breakOff(): void {
    this.#options.delivery.cut();
  }
}
