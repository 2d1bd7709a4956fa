import type { ServerResponse } from 'node:http';
import { type Frame, heartbeat, retryHint, textOf } from './server-sent-events.ts';

export interface EventWriterOptions {
  readonly heartbeatMs: number;
  /** A reader that takes nothing for so long is gone. */
  readonly stallMs: number;
  /** Aborted when this instance stops. */
  readonly draining: AbortSignal;
}

const comeBackMs = 1_000;

/** Resolves when what was written has been taken, or the reader is gone. */
export const taken = (response: ServerResponse, stallMs: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done).off('close', done);
      resolve();
    };
    const timer = setTimeout(() => response.destroy(), stallMs);
    response.on('drain', done).on('close', done);
  });

/**
 * Writes frames as they come and as fast as they are taken. Leaving the loop ends their source; whoever goes away early
 * is noticed by `close`, which the caller turns into the abort of the source.
 */
export const writeEvents = async (
  response: ServerResponse,
  frames: AsyncIterable<Frame>,
  { heartbeatMs, stallMs, draining }: EventWriterOptions,
): Promise<void> => {
  response.flushHeaders();
  const beat = setInterval(() => {
    if (!response.writableNeedDrain && !response.writableEnded) response.write(heartbeat);
  }, heartbeatMs);
  try {
    for await (const frame of frames) {
      if (response.destroyed) return;
      if (!response.write(textOf(frame))) await taken(response, stallMs);
    }
    // The source ends early where this instance stops: the reader comes back, to another one.
    if (draining.aborted && !response.destroyed) response.write(retryHint(comeBackMs));
  } finally {
    clearInterval(beat);
    if (!response.writableEnded) response.end();
  }
};
