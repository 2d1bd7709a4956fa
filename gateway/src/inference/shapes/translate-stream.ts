import { dataOf } from '../wire/frame.ts';
import { FrameScanner } from '../wire/frame-scanner.ts';
import { isMembers, parsed } from './members.ts';
import type { Sent, StreamMapping } from './shape.ts';

const done = '[DONE]';

/** As bytes of server-sent events. */
export const writtenFrame = ({ event, data }: Sent): string => {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`;
};

/** A stream of bytes in another protocol. However it is cut, the same bytes come out. */
export interface TranslatedStream {
  /** Throws `FrameTooLong`. */
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  fail(message: string): Buffer;
}

export const translateStream = (mapping: StreamMapping, maxFrameBytes: number): TranslatedStream => {
  let out: string[] = [];
  const send = (frames: readonly Sent[]): void => {
    for (const frame of frames) out.push(writtenFrame(frame));
  };
  const scanner = new FrameScanner({
    maxBytes: maxFrameBytes,
    onFrame: (frame) => {
      const text = dataOf(frame)?.toString();
      // Comments keep connections open; the client's own is open by other means.
      if (text === undefined || text === '') return;
      if (text === done) return send(mapping.end(true));
      const event = parsed(text);
      send(isMembers(event) ? mapping.next(event) : mapping.fail('The model server sent a frame that is no JSON object.'));
    },
  });
  const taken = (): Buffer => {
    const bytes = Buffer.from(out.join(''));
    out = [];
    return bytes;
  };
  return {
    push: (chunk) => {
      scanner.push(chunk);
      return taken();
    },
    end: () => {
      scanner.end();
      send(mapping.end(false));
      return taken();
    },
    fail: (message) => {
      send(mapping.fail(message));
      return taken();
    },
  };
};

/** A mapping of a mapping: frames of the upstream become those of a protocol in between, and these the client's. */
export const composeStreams = (inner: StreamMapping, outer: StreamMapping): StreamMapping => {
  const pass = (frames: readonly Sent[]): readonly Sent[] =>
    frames.flatMap(({ data }) => (typeof data === 'string' ? outer.end(true) : outer.next(data)));
  return {
    next: (event) => pass(inner.next(event)),
    end: (isWhole) => [...pass(inner.end(isWhole)), ...outer.end(false)],
    fail: (message) => outer.fail(message),
  };
};
