import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface StreamLoad {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  /** After this no stream is begun; those under way are read to their end. */
  readonly windowMs: number;
  /** The first ones begin over so long. */
  readonly spreadMs: number;
}

export interface StreamsRead {
  readonly streams: number;
  readonly seconds: number;
  /** From the request to the first byte of the answer's body. */
  readonly firstByteMs: readonly number[];
  /** The longest silence within a stream. */
  readonly longestGapMs: number;
  readonly failed: number;
}

const patienceMs = 30_000;
const headEnd = Buffer.from('\r\n\r\n');
/** Chunks end with LF LF CR LF here: only the last one ends so. */
const bodyEnd = '\r\n\r\n';

interface Read {
  readonly firstByteMs: number;
  readonly longestGapMs: number;
}

/** Reads along until the body has ended. */
class Reading {
  readonly #began = performance.now();
  #firstByteMs = Number.NaN;
  #lastAt = Number.NaN;
  #longestGapMs = 0;
  #tail = '';

  /** What was read, when all of it is there; `failed` where it is no stream. */
  take(bytes: Buffer): Read | 'failed' | undefined {
    const now = performance.now();
    const isFirst = Number.isNaN(this.#lastAt);
    if (isFirst && bytes.toString('latin1', 9, 12) !== '200') return 'failed';
    if (!isFirst) this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastAt);
    this.#lastAt = now;
    // A head by itself is no byte of the body.
    if (isFirst && bytes.indexOf(headEnd) + headEnd.length >= bytes.length) return undefined;
    if (Number.isNaN(this.#firstByteMs)) this.#firstByteMs = now - this.#began;
    const end = bytes.toString('latin1', Math.max(0, bytes.length - bodyEnd.length));
    this.#tail = (this.#tail + end).slice(-bodyEnd.length);
    return this.#tail === bodyEnd ? { firstByteMs: this.#firstByteMs, longestGapMs: this.#longestGapMs } : undefined;
  }
}

/** One stream on one connection; undefined where it is none. */
const readOne = (socket: Socket, request: Buffer): Promise<Read | undefined> =>
  new Promise((resolve) => {
    const reading = new Reading();
    const over = (read: Read | undefined): void => {
      clearTimeout(timer);
      socket.off('data', take).off('close', broken);
      resolve(read);
    };
    const broken = (): void => over(undefined);
    const timer = setTimeout(broken, patienceMs);
    const take = (bytes: Buffer): void => {
      const read = reading.take(bytes);
      if (read !== undefined) over(read === 'failed' ? undefined : read);
    };
    socket.on('data', take).on('close', broken);
    socket.write(request);
  });

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });

const requestOf = ({ port, path, headers, body }: StreamLoad): Buffer => {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
};

/** So many streams at once, each followed by another one on the same connection. */
export const readStreams = async (load: StreamLoad): Promise<StreamsRead> => {
  const request = requestOf(load);
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => opened(load.port)));
  for (const socket of sockets) socket.on('error', () => socket.destroy());
  const reads: (Read | undefined)[] = [];
  const startedAt = performance.now();
  const until = startedAt + load.windowMs;
  const work = async (socket: Socket, index: number): Promise<void> => {
    if (load.spreadMs > 0) await pause((load.spreadMs * index) / load.connections);
    while (performance.now() < until && !socket.destroyed) {
      const read = await readOne(socket, request);
      reads.push(read);
      if (read === undefined) socket.destroy();
    }
  };
  await Promise.all(sockets.map(work));
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const socket of sockets) socket.destroy();
  const whole = reads.filter((read) => read !== undefined);
  return {
    streams: whole.length,
    seconds,
    firstByteMs: whole.map((read) => read.firstByteMs),
    longestGapMs: whole.reduce((longest, read) => Math.max(longest, read.longestGapMs), 0),
    failed: reads.length - whole.length,
  };
};
