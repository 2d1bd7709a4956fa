import { dataOf } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type Protocol, shapeOf } from './shapes.ts';
import { Skim } from './skim.ts';
import { merged, readUsage, type Usage } from './usage.ts';

const done = Buffer.from('[DONE]');
/** A frame holds at most a picture. */
export const longestFrame = 16 * 1024 * 1024;

/** What is known of an answer so far. */
export interface Seen {
  /** Undefined where none was told. */
  readonly usage: Usage | undefined;
  readonly textLength: number;
  /** Of it, what came in a stream after usage was told last: no count can hold that. */
  readonly uncountedLength: number;
  readonly isError: boolean;
  /** The sender said that nothing more comes; of an answer that is no stream nobody says so. */
  readonly isComplete: boolean;
}

/** Reads along while an answer passes: `push` what arrives, as it arrives; it keeps nothing of it that is whole. */
export interface AnswerReader {
  /** Throws `FrameTooLong`. */
  push(chunk: Buffer): void;
  /** No more will come. */
  end(): void;
  seen(): Seen;
}

/** With what was told since: some tell it in every frame, so that nothing of it is kept but the sum. */
const counting = (known: Usage | undefined, usages: readonly string[]): Usage | undefined =>
  usages.reduce<Usage | undefined>((before, text) => {
    const usage = readUsage(text);
    return before && usage ? merged(before, usage) : (usage ?? before);
  }, known);

export const streamReader = (protocol: Protocol, maxFrameBytes = longestFrame): AnswerReader => {
  const skim = new Skim(shapeOf(protocol, true));
  let isDone = false;
  let usage: Usage | undefined;
  let countedLength = 0;
  const scanner = new FrameScanner({
    maxBytes: maxFrameBytes,
    onFrame: (frame) => {
      const data = dataOf(frame);
      if (data === undefined || isDone) return;
      if (data.length === done.length && data.equals(done)) {
        isDone = true;
        return;
      }
      skim.begin();
      skim.push(data);
      if (skim.usages.length === 0) return;
      usage = counting(usage, skim.usages.splice(0));
      countedLength = skim.textLength;
    },
  });
  return {
    push: (chunk) => scanner.push(chunk),
    end: () => scanner.end(),
    seen: () => ({
      usage,
      textLength: skim.textLength,
      uncountedLength: skim.textLength - countedLength,
      isError: skim.isError,
      isComplete: isDone || skim.isLast,
    }),
  };
};

export const wholeReader = (protocol: Protocol): AnswerReader => {
  const skim = new Skim(shapeOf(protocol, false));
  let hasEnded = false;
  let usage: Usage | undefined;
  return {
    push: (chunk) => {
      skim.push(chunk);
      if (skim.usages.length > 0) usage = counting(usage, skim.usages.splice(0));
    },
    end: () => {
      hasEnded = true;
    },
    seen: () => ({
      usage,
      textLength: skim.textLength,
      // Of a whole answer the count holds all, wherever it stands.
      uncountedLength: usage === undefined ? skim.textLength : 0,
      isError: skim.isError,
      isComplete: hasEnded,
    }),
  };
};
