import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Batch, Cut } from '../domain/batches.ts';

/** The batch that was cut last, and how far the cutting has come with it. */
export interface Mark {
  readonly count: number;
  readonly batch: Batch;
  readonly cut: Cut;
}

const slotBytes = 2_048;

const encode = (mark: Mark): Buffer => {
  const text = JSON.stringify(mark);
  const line = `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
  return Buffer.from(line.padEnd(slotBytes, ' '));
};

const decode = (slot: Buffer): Mark | undefined => {
  const line = slot.toString('utf8').trimEnd();
  const text = line.slice(9);
  // Only `encode` writes a slot with a right checksum.
  return line !== '' && crc32(text).toString(16).padStart(8, '0') === line.slice(0, 8) ? (JSON.parse(text) as Mark) : undefined;
};

/**
 * Where the shipping of an attempt's output stands, kept beside the output. Two slots are written in turn, so that a torn write
 * leaves the one before. Written before a batch is published: after a crash the same batch goes out again, cut the same way.
 */
export class Cursor {
  readonly #path: string;
  #mark: Mark | undefined;

  constructor(path: string) {
    this.#path = path;
    const bytes = read(path) ?? Buffer.alloc(0);
    const marks = [0, slotBytes].flatMap((from) => decode(bytes.subarray(from, from + slotBytes)) ?? []);
    this.#mark = marks.sort((a, b) => b.count - a.count)[0];
  }

  get mark(): Mark | undefined {
    return this.#mark;
  }

  record(batch: Batch, cut: Cut): void {
    const mark: Mark = { count: (this.#mark?.count ?? 0) + 1, batch, cut };
    const descriptor = openSync(this.#path, this.#mark === undefined ? 'w' : 'r+', 0o600);
    try {
      writeSync(descriptor, encode(mark), 0, slotBytes, (mark.count % 2) * slotBytes);
    } finally {
      closeSync(descriptor);
    }
    this.#mark = mark;
  }
}

/** The rest of the output of a program that ended, cut once and for all: from then on the last `seq` is known. */
export const readPlan = (path: string): readonly Batch[] | undefined => {
  const text = read(path)?.toString('utf8');
  return text === undefined ? undefined : JSON.parse(text);
};

export const writePlan = (path: string, batches: readonly Batch[]): void => {
  writeFileSync(`${path}.new`, JSON.stringify(batches), { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

const read = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};
