import { type Detector, type Found, longestMatch } from './detector.ts';
import type { Program, Step } from './pattern.ts';

const beginLine = 1;
const endLine = 2;
const beginText = 4;
const endText = 8;
const wordEdge = 16;
const noWordEdge = 32;
const lineFeed = 10;
const nothing = -1;
const none: Step = { kind: 'fail' };

/** As RE2 takes words: of ASCII. */
const isWord = (codePoint: number): boolean =>
  (codePoint >= 48 && codePoint <= 57) || (codePoint >= 65 && codePoint <= 90) || codePoint === 95 || (codePoint >= 97 && codePoint <= 122);

/** What holds between two characters; `nothing` before the first and after the last one. */
const conditionsAt = (before: number, after: number): number => {
  const begins = before === nothing ? beginLine | beginText : before === lineFeed ? beginLine : 0;
  const ends = after === nothing ? endLine | endText : after === lineFeed ? endLine : 0;
  return begins | ends | (isWord(before) === isWord(after) ? noWordEdge : wordEdge);
};

/**
 * Runs a program over a text as it comes (Thompson, "Regular expression search algorithm", CACM 11, 1968; Pike's threads, as Cox describes them). Each
 * step is taken once a character, by the thread that began first: of stretches that overlap the union is wanted, and what a later one would find
 * with the same end lies within. So the time is that of the text times that of the program, whatever both are.
 */
export class PatternDetector implements Detector {
  readonly #program: Program;
  /** Steps that wait for a character, and where their threads began; in the order in which they began. */
  #waiting: number[] = [];
  #starts: number[] = [];
  /** When a step was reached last. */
  readonly #reached: Int32Array;
  readonly #stack: number[] = [];
  #round = 0;
  #before = nothing;

  constructor(program: Program) {
    this.#program = program;
    this.#reached = new Int32Array(program.steps.length);
  }

  get heldFrom(): number {
    return this.#starts[0] ?? Number.POSITIVE_INFINITY;
  }

  take(codePoint: number, at: number, found: Found): void {
    if (this.#waiting.length === 0 && codePoint < 128 && this.#program.firsts[codePoint] === 0) {
      this.#before = codePoint;
      return;
    }
    const [waiting, starts] = this.#closed(conditionsAt(this.#before, codePoint), at, found);
    this.#waiting = [];
    this.#starts = [];
    for (const [index, step] of waiting.entries()) {
      const start = starts[index] ?? at;
      const reading = this.#step(step);
      if (reading.kind !== 'read' || at - start >= longestMatch) continue;
      if (codePoint < 128 ? reading.ascii[codePoint] === 0 : !reading.reads(codePoint)) continue;
      this.#waiting.push(reading.next);
      this.#starts.push(start);
    }
    this.#before = codePoint;
  }

  end(at: number, found: Found): void {
    this.#closed(conditionsAt(this.#before, nothing), at, found);
    this.#waiting = [];
    this.#starts = [];
  }

  /** The steps that read next, from those that were reached and from the beginning. */
  #closed(conditions: number, at: number, found: Found): readonly [number[], number[]] {
    this.#round += 1;
    const reading: number[] = [];
    const starts: number[] = [];
    for (let index = 0; index <= this.#waiting.length; index += 1) {
      const start = this.#starts[index] ?? at;
      this.#stack.push(this.#waiting[index] ?? this.#program.start);
      this.#follow(conditions, (step) => {
        if (this.#step(step).kind === 'match') {
          if (start < at) found(start, at);
          return;
        }
        reading.push(step);
        starts.push(start);
      });
    }
    return [reading, starts];
  }

  #follow(conditions: number, reached: (step: number) => void): void {
    for (let at = this.#stack.pop(); at !== undefined; at = this.#stack.pop()) {
      if (this.#reached[at] === this.#round) continue;
      this.#reached[at] = this.#round;
      const step = this.#step(at);
      switch (step.kind) {
        case 'either':
          this.#stack.push(step.other, step.one);
          break;
        case 'on':
          this.#stack.push(step.next);
          break;
        case 'where':
          if ((step.conditions & ~conditions) === 0) this.#stack.push(step.next);
          break;
        case 'read':
        case 'match':
          reached(at);
      }
    }
  }

  #step(at: number): Step {
    return this.#program.steps[at] ?? none;
  }
}
