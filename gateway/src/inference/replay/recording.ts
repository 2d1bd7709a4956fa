import type { Headers, Tap } from '../run/delivery.ts';
import type { Room } from './room.ts';

/** What was given to a client, as it can be given again. */
export interface Recorded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** To its end. */
  readonly isWhole: boolean;
}

export interface RecordingOptions {
  /** Of the headers these are the answer's own; all others are of the request that it is given to. */
  readonly headers: readonly string[];
  readonly room: Room;
  /** Of a longer answer nothing is kept. */
  readonly most: number;
  /** It became too long, or there is no room for it. */
  readonly onFull?: () => void;
}

const textsIn = (headers: Headers, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])));

/** Keeps what one client is given, as long as it is not too long. */
export class Recording implements Tap {
  readonly #options: RecordingOptions;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #length = 0;
  #isOver = false;
  #isWhole = false;
  isFull = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  head(status: number, headers: Headers): void {
    this.#status = status;
    this.#headers = textsIn(headers, this.#options.headers);
  }

  bytes(chunk: Buffer): void {
    if (this.isFull) return;
    const { room, most, onFull } = this.#options;
    if (this.#length + chunk.length <= most && room.take(chunk.length)) {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      return;
    }
    this.isFull = true;
    this.close();
    onFull?.();
  }

  end(isWhole: boolean, trailers: Headers): void {
    this.#isOver = true;
    this.#isWhole = isWhole;
    Object.assign(this.#headers, textsIn(trailers, this.#options.headers));
  }

  /** Undefined where no answer began, or not all of what was given was kept. */
  get recorded(): Recorded | undefined {
    if (!this.#isOver || this.isFull) return undefined;
    return { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks), isWhole: this.#isWhole };
  }

  /** Nobody wants it any more. */
  close(): void {
    this.#options.room.giveBack(this.#length);
    this.#chunks = [];
    this.#length = 0;
  }
}

/** What says how the bytes are to be read. */
export const contentHeaders = ['content-type', 'x-accel-buffering'];
