import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';

/** Fields of a head. Whoever gives them to be written keeps them no longer. */
export type Fields = Record<string, string | string[] | number | undefined>;

/** As much as a socket takes before it says that it is full. */
const mostHeld = 16_384;
/** Longer texts are slower to write than bytes. */
const longestText = 16_384;
const crlf = '\r\n';

/** Writes at once what Node would keep until the end of the turn: then head and body are one write, and no timer of the turn is needed. */
const atOnce = (response: ServerResponse, data: Buffer | string, taken?: () => void): boolean => {
  const { socket } = response;
  socket?.cork();
  const takes = response.write(data, 'latin1', taken);
  socket?.uncork();
  return takes;
};

const trailerOf = (trailers: Readonly<Fields>): string => {
  let text = '';
  for (const name in trailers) {
    const value = trailers[name];
    if (value === undefined) continue;
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
    text += `${name}: ${value}${crlf}`;
  }
  return text;
};

/**
 * The bytes of one answer on their way to the client. Chunks are framed here (RFC 9112, 7.1): Node makes four writes of each, and here all that comes
 * in one turn of the loop goes out in one.
 */
export class Outgoing {
  readonly #response: ServerResponse;
  #isChunked = false;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** To who reads no chunks, as proxies that speak HTTP/1.0, nothing can be said after the body; to promise it is a fault. */
  get saysTrailers(): boolean {
    return this.#response.useChunkedEncodingByDefault;
  }

  get status(): number {
    return this.#response.statusCode;
  }

  head(fields: Fields): void {
    const response = this.#response;
    response.writeHead(response.statusCode, fields);
    // What the head promises is kept here.
    this.#isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** False: the client takes no more until it has drained. */
  push(chunk: Buffer): boolean {
    if (this.#held.length === 0) process.nextTick(flush, this);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    return this.#heldBytes < mostHeld ? !this.#response.writableNeedDrain : this.flush();
  }

  flush(): boolean {
    if (this.#held.length === 0 || this.#response.destroyed) return true;
    return atOnce(this.#response, this.#framed(''));
  }

  /** Calls back when the client has taken it; never where it is gone. */
  pushOut(chunk: Buffer, taken: () => void): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    atOnce(this.#response, this.#framed(''), taken);
  }

  end(trailers: Readonly<Fields>): void {
    const last = this.#isChunked ? `0${crlf}${trailerOf(trailers)}${crlf}` : '';
    if (this.#heldBytes === 0 && last === '') this.#response.end();
    else this.#response.end(this.#framed(last));
  }

  /** All of it, whose length the head has told. */
  whole(body: Buffer): void {
    const response = this.#response;
    if (body.length === 0 || body.length > longestText) {
      response.end(body);
      return;
    }
    atOnce(response, body.toString('latin1'));
    response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  /** What is held, as one chunk, and what follows it. */
  #framed(last: string): Buffer {
    const isChunk = this.#isChunked && this.#heldBytes > 0;
    const before = isChunk ? `${this.#heldBytes.toString(16)}${crlf}` : '';
    const after = isChunk ? crlf + last : last;
    const framed = Buffer.allocUnsafe(before.length + this.#heldBytes + after.length);
    let at = framed.write(before, 'latin1');
    for (const piece of this.#held) {
      framed.set(piece, at);
      at += piece.length;
    }
    framed.write(after, at, 'latin1');
    this.#held = [];
    this.#heldBytes = 0;
    return framed;
  }
}

const flush = (outgoing: Outgoing): void => void outgoing.flush();
