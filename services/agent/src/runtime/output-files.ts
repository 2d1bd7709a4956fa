import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { RunDirectory, StreamName } from './run-directory.ts';
import type { OutputSource } from './runtime.ts';

/** Output that lies in a file per stream. */
export const outputFiles = (directory: RunDirectory): OutputSource => ({
  size: (stream: StreamName) => statSync(directory.file(stream), { throwIfNoEntry: false })?.size ?? 0,
  read: (stream, offset, length) => {
    const descriptor = openSync(directory.file(stream), 'r');
    try {
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
    } finally {
      closeSync(descriptor);
    }
  },
});
