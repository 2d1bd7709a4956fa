import { closeSync, constants, openSync, readSync } from 'node:fs';

const path = '/dev/kmsg';
/** A record is never larger. */
const recordBytes = 8_192;
const mostAtOnce = 10_000;

export interface KernelLog {
  /** What came since the last time; at first all that is kept since the boot. */
  readonly read: () => readonly string[];
  readonly close: () => void;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** The next record; null where there is none now, undefined where one was overwritten before it was read. */
const nextOf = (file: number, buffer: Buffer): string | null | undefined => {
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer));
  } catch (error) {
    return codeOf(error) === 'EPIPE' ? undefined : null;
  }
};

/** Undefined where this machine does not let us: nothing is known of faults then. */
export const openKernelLog = (): KernelLog | undefined => {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const buffer = Buffer.alloc(recordBytes);
  const read = (): readonly string[] => {
    const lines: string[] = [];
    for (let each = 0; each < mostAtOnce; each += 1) {
      const record = nextOf(file, buffer);
      if (record === null || record === '') break;
      if (record !== undefined) lines.push(record);
    }
    return lines;
  };
  return { read, close: () => closeSync(file) };
};
