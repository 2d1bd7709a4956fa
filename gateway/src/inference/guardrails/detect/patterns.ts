import { type Detector, type Found, longestMatch } from './detector.ts';
import { failing, type Program } from './pattern.ts';

const beginLine = 1;
const endLine = 2;
const beginText = 4;
const endText = 8;
const wordEdge = 16;
const noWordEdge = 32;
const lineFeed = 10;
const nothing = -1;

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
  readonly #waiting: number[] = [];
  readonly #starts: number[] = [];
  #waits = 0;
  /** The same, of those that can read the character that comes. Lists are written over, for one that is emptied gives its memory back. */
  readonly #reading: number[] = [];
  readonly #begun: number[] = [];
  #reads = 0;
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
    return this.#waits === 0 ? Number.POSITIVE_INFINITY : (this.#starts[0] ?? 0);
  }

  take(codePoint: number, at: number, found: Found): void {
    if (this.#waits === 0 && codePoint < 128 && this.#program.firsts[codePoint] === 0) {
      this.#before = codePoint;
      return;
    }
    this.#close(conditionsAt(this.#before, codePoint), at, found);
    const [waiting, starts, reading, begun] = [this.#waiting, this.#starts, this.#reading, this.#begun];
    const { steps } = this.#program;
    let waits = 0;
    for (let index = 0; index < this.#reads; index += 1) {
      const start = begun[index] ?? at;
      const { next, ascii, reads } = steps[reading[index] ?? nothing] ?? failing;
      if (at - start >= longestMatch) continue;
      if (codePoint < 128 ? ascii[codePoint] === 0 : !reads(codePoint)) continue;
      waiting[waits] = next;
      starts[waits] = start;
      waits += 1;
    }
    this.#waits = waits;
    this.#before = codePoint;
  }

  end(at: number, found: Found): void {
    this.#close(conditionsAt(this.#before, nothing), at, found);
    this.#waits = 0;
  }

  /** Finds the steps that read next, from those that were reached and from the beginning. */
  #close(conditions: number, at: number, found: Found): void {
    this.#round += 1;
    this.#reads = 0;
    for (let index = 0; index < this.#waits; index += 1) {
      const start = this.#starts[index] ?? at;
      if (this.#follow(this.#waiting[index] ?? nothing, start, conditions)) found(start, at);
    }
    this.#follow(this.#program.start, at, conditions);
  }

  /** Whether it comes to a match. */
  #follow(from: number, start: number, conditions: number): boolean {
    const stack = this.#stack;
    const reached = this.#reached;
    const round = this.#round;
    const { steps } = this.#program;
    let matches = false;
    stack.push(from);
    while (stack.length > 0) {
      const at = stack.pop() ?? from;
      if (reached[at] === round) continue;
      reached[at] = round;
      const { kind, next, other, conditions: needed } = steps[at] ?? failing;
      if (kind === 'read') {
        this.#reading[this.#reads] = at;
        this.#begun[this.#reads] = start;
        this.#reads += 1;
      } else if (kind === 'either') stack.push(other, next);
      else if (kind === 'on' || (kind === 'where' && (needed & ~conditions) === 0)) stack.push(next);
      else if (kind === 'match') matches = true;
    }
    return matches;
  }
}
