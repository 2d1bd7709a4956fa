import type { ServerResponse } from 'node:http';
import { taken } from './event-writer.ts';

/**
 * Writes a file piece by piece, each when the one before has been taken. Where it breaks off, the connection does: a file without
 * its end must not look like a whole one.
 */
export const writeDownload = async (response: ServerResponse, chunks: AsyncIterable<string>, stallMs: number): Promise<void> => {
  let isWhole = false;
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await taken(response, stallMs);
    }
    isWhole = true;
  } finally {
    if (isWhole) response.end();
    else response.destroy();
  }
};
