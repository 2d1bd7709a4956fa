import type { Detector, Found } from './detector.ts';
import type { PersonalKind } from './personal.ts';

interface Candidate {
  readonly start: number;
  text: string;
}

/** Finds one kind of personal data. Whatever may become one is followed until it cannot any more, or is as long as none is. */
export class PersonalDataDetector implements Detector {
  readonly #kind: PersonalKind;
  /** Those that may still become one, the first one first. */
  #candidates: Candidate[] = [];
  #isBounded = false;

  constructor(kind: PersonalKind) {
    this.#kind = kind;
  }

  get heldFrom(): number {
    return this.#candidates[0]?.start ?? Number.POSITIVE_INFINITY;
  }

  take(codePoint: number, at: number, found: Found): void {
    const { notBefore, first, notAfter } = this.#kind;
    const character = String.fromCodePoint(codePoint);
    const begins = !this.#isBounded && first.test(character);
    if (this.#candidates.length > 0) {
      if (!notAfter.test(character)) this.#tell(at, found);
      this.#candidates = this.#candidates.filter((candidate) => this.#goesOn(candidate, character));
    }
    if (begins) this.#candidates.push({ start: at, text: character });
    this.#isBounded = notBefore.test(character);
  }

  end(at: number, found: Found): void {
    this.#tell(at, found);
    this.#candidates = [];
  }

  #tell(at: number, found: Found): void {
    for (const { start, text } of this.#candidates) if (this.#kind.isWhole(text)) found(start, at);
  }

  #goesOn(candidate: Candidate, character: string): boolean {
    const { longest, goesOn } = this.#kind;
    candidate.text += character;
    return candidate.text.length <= longest && goesOn.test(candidate.text);
  }
}
