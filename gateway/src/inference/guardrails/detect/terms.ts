import { type Detector, type Found, isWordCharacter, longestMatch } from './detector.ts';
import { foldedCharacter } from './fold.ts';
import type { TermsAutomaton } from './terms-automaton.ts';

const space = 32;

interface Unit {
  readonly at: number;
  /** Whether a word goes on across the place before it. */
  readonly isWithinWord: boolean;
}

interface Waiting {
  readonly start: number;
  readonly end: number;
}

/** Finds terms whatever their case, accents and white space. Whether a term is a word of its own is told by the character after it. */
export class TermsDetector implements Detector {
  readonly #automaton: TermsAutomaton;
  readonly #isWholeWord: boolean;
  #state = 0;
  /** The folded characters that the state stands for, the last one last. */
  #units: Unit[] = [];
  #waiting: Waiting[] = [];
  #wasSpace = false;
  #wasWord = false;

  constructor(automaton: TermsAutomaton, isWholeWord: boolean) {
    this.#automaton = automaton;
    this.#isWholeWord = isWholeWord;
  }

  get heldFrom(): number {
    const [unit] = this.#units;
    return this.#waiting.reduce((from, { start }) => Math.min(from, start), unit?.at ?? Number.POSITIVE_INFINITY);
  }

  take(codePoint: number, at: number, found: Found): void {
    this.#read(codePoint, foldedCharacter(codePoint), { at, found });
    this.#bound(at, found);
  }

  end(_at: number, found: Found): void {
    this.#confirm(false, found);
  }

  #read(codePoint: number, text: string, { at, found }: { at: number; found: Found }): void {
    if (text === '') return;
    const isWord = isWordCharacter(codePoint);
    this.#confirm(isWord, found);
    const isSpace = text.charCodeAt(0) === space;
    if (isSpace && this.#wasSpace) return;
    const end = at + (codePoint > 0xffff ? 2 : 1);
    for (let index = 0; index < text.length; index += 1) {
      const isWithinWord = index > 0 || (isWord && this.#wasWord);
      this.#step(text.charCodeAt(index), { at, isWithinWord }, end);
    }
    this.#wasSpace = isSpace;
    this.#wasWord = isWord;
    if (!this.#isWholeWord || !isWord) this.#confirm(false, found);
  }

  #step(code: number, unit: Unit, end: number): void {
    this.#state = this.#automaton.next(this.#state, code);
    const depth = this.#automaton.depth(this.#state);
    this.#units.push(unit);
    if (this.#units.length > depth) this.#units.splice(0, this.#units.length - depth);
    for (const length of this.#automaton.endsAt(this.#state)) {
      const first = this.#units[depth - length];
      if (first === undefined || (this.#isWholeWord && first.isWithinWord)) continue;
      this.#waiting.push({ start: first.at, end });
      return;
    }
  }

  /** `goesOn`: the next character is of the same word as the one before. */
  #confirm(goesOn: boolean, found: Found): void {
    if (this.#waiting.length === 0) return;
    if (!(goesOn && this.#wasWord && this.#isWholeWord)) for (const { start, end } of this.#waiting) found(start, end);
    this.#waiting = [];
  }

  /** What is not seen may go on for ever; what waits for its end does not. */
  #bound(at: number, found: Found): void {
    if (at - this.heldFrom < longestMatch) return;
    this.#confirm(false, found);
    this.#state = 0;
    this.#units = [];
  }
}
