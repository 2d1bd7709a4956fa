import { crc32 } from 'node:zlib';
import type { AttemptEvent } from '../domain/attempt.ts';

/** One record of the journal: what happened to which attempt. */
export interface Entry {
  readonly key: string;
  readonly event: AttemptEvent;
}

const checksumLength = 8;

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(checksumLength, '0');

export const lineOf = (entry: Entry): string => {
  const text = JSON.stringify(entry);
  return `${checksumOf(text)} ${text}\n`;
};

/** Undefined for a line that was torn or damaged. */
export const entryOf = (line: string): Entry | undefined => {
  const text = line.slice(checksumLength + 1);
  if (line[checksumLength] !== ' ' || checksumOf(text) !== line.slice(0, checksumLength)) return undefined;
  // Only `lineOf` writes lines with a right checksum.
  return JSON.parse(text) as Entry;
};

export interface Reading {
  readonly entries: readonly Entry[];
  /** Bytes up to which the file is sound: behind them lies what a crash left half written. */
  readonly soundBytes: number;
  /** Whole lines that are damaged, with sound ones behind them: the disk's fault, not a crash. */
  readonly damaged: number;
}

/** Reads a journal as a crash may have left it. */
export const readLines = (bytes: Buffer): Reading => {
  const entries: Entry[] = [];
  let soundBytes = 0;
  let damaged = 0;
  let damagedSince = 0;
  for (let from = 0, end = bytes.indexOf(0x0a); end >= 0; from = end + 1, end = bytes.indexOf(0x0a, from)) {
    const entry = entryOf(bytes.toString('utf8', from, end));
    if (entry === undefined) {
      damagedSince += 1;
      continue;
    }
    entries.push(entry);
    damaged += damagedSince;
    damagedSince = 0;
    soundBytes = end + 1;
  }
  return { entries, soundBytes, damaged };
};
