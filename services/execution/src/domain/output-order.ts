import type { execution } from '@orrery/contracts';

/** Where in a run's output a reader stands: attempts follow each other, and chunks within an attempt. */
export interface OutputPlace {
  readonly attempt: number;
  readonly seq: number;
}

export const outputStart: OutputPlace = { attempt: 0, seq: 0 };

export const compareOutputPlaces = (a: OutputPlace, b: OutputPlace): number => a.attempt - b.attempt || a.seq - b.seq;

/** Brings chunks into their order: those from the store come in it, those heard live may come early, late or twice. */
export interface OutputOrder {
  /** A chunk as it was heard. Kept only while there is room: the store has it too, sooner or later. */
  readonly offer: (chunk: execution.OutputChunk) => void;
  /** Chunks that follow on what was given out already, in order. */
  readonly take: () => readonly execution.OutputChunk[];
  /** Chunks from the store: in order, and everything there is between them. */
  readonly stored: (chunks: readonly execution.OutputChunk[]) => readonly execution.OutputChunk[];
  /** Something was heard that does not follow on what was given out: the store must fill the gap. */
  readonly hasGap: () => boolean;
  /** Gives up on the gap and goes on with the first chunk after it. */
  readonly skip: () => readonly execution.OutputChunk[];
  readonly place: () => OutputPlace;
}

const mostHeld = 2_000;

export const outputOrder = (after: OutputPlace = outputStart): OutputOrder => {
  let place = after;
  const held: execution.OutputChunk[] = [];
  let hasDropped = false;

  /** An attempt that speaks for the first time has silenced the one before it. */
  const isNext = ({ attempt, seq }: OutputPlace): boolean =>
    attempt === place.attempt ? seq === place.seq + 1 : attempt > place.attempt && seq === 1;

  const give = (chunk: execution.OutputChunk): execution.OutputChunk => {
    place = { attempt: chunk.attempt, seq: chunk.seq };
    return chunk;
  };

  const take = (): readonly execution.OutputChunk[] => {
    const given: execution.OutputChunk[] = [];
    for (let next = held[0]; next; next = held[0]) {
      const isOld = compareOutputPlaces(next, place) <= 0;
      if (!isOld && !isNext(next)) break;
      held.shift();
      if (!isOld) given.push(give(next));
    }
    return given;
  };

  const skip = (): readonly execution.OutputChunk[] => {
    hasDropped = false;
    // What is old is at the beginning, and goes first.
    const given = take();
    const next = held.shift();
    return next ? [...given, give(next), ...take()] : given;
  };

  return {
    offer: (chunk) => {
      if (compareOutputPlaces(chunk, place) <= 0) return;
      if (held.length >= mostHeld) hasDropped = true;
      else {
        const index = held.findIndex((other) => compareOutputPlaces(chunk, other) < 0);
        held.splice(index < 0 ? held.length : index, 0, chunk);
      }
    },
    take,
    stored: (chunks) => {
      hasDropped = false;
      return chunks.flatMap((chunk) => (compareOutputPlaces(chunk, place) > 0 ? [give(chunk)] : []));
    },
    hasGap: () => hasDropped || (held[0] !== undefined && !isNext(held[0])),
    skip,
    place: () => place,
  };
};
