import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Linux: a file without a name, which O_EXCL keeps from ever getting one. */
const temporary = 0o20000000 | constants.O_DIRECTORY | constants.O_EXCL | constants.O_RDWR;
const memory = '/dev/shm';

/**
 * Gives `use` an open file that holds this text, at its beginning. It lies in memory and has no name: only whoever gets the descriptor
 * can read it, and nothing of it is left once the last one is closed.
 */
export const withUnnamed = <T>(text: string, use: (descriptor: number) => T): T => {
  const descriptor = openSync(memory, temporary, 0o600);
  try {
    const bytes = Buffer.from(text);
    // At a place of its own, so that whoever inherits the descriptor reads from the start.
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written, bytes.length - written, written);
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
