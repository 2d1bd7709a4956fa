import type { Detector } from './detect/detector.ts';

/** What looks for something in one text, and what is done where it finds it. */
export interface Watch {
  readonly detector: Detector;
  /** What stands for it; undefined where the text must not pass at all. */
  readonly placeholder: string | undefined;
  /** Of the guardrail. */
  readonly name: string;
}

interface Span {
  readonly start: number;
  end: number;
  readonly rank: number;
}

const highSurrogate = /[\ud800-\udbff]$/;

/**
 * A text on its way: what was found in it is replaced, and nothing of it is given out before it is known. Stretches that overlap are one, called by
 * what begins first, then by the order of the watches. As each character is looked at by itself, what comes out is the same however the text was cut.
 */
export class Masking {
  readonly #watches: readonly Watch[];
  /** What is not given out, and where it begins. */
  #text = '';
  #base = 0;
  #at = 0;
  /** The first half of a character. */
  #half = '';
  #spans: Span[] = [];
  /** Until here one placeholder stands for everything. */
  #coveredUntil = 0;
  #blockedAt = Number.POSITIVE_INFINITY;
  /** Of the guardrail that does not let it pass: nothing more of it is given out. */
  blockedBy: string | undefined;
  /** How many stretches were replaced. */
  masked = 0;

  constructor(watches: readonly Watch[]) {
    this.#watches = watches;
  }

  /** Nothing waits for what comes next. */
  get holdsNothing(): boolean {
    return this.#text === '' && this.#half === '' && this.#coveredUntil <= this.#base;
  }

  push(text: string): string {
    if (this.blockedBy !== undefined) return '';
    const whole = this.#half + text;
    this.#half = highSurrogate.test(whole) ? whole.slice(-1) : '';
    const known = this.#half === '' ? whole : whole.slice(0, -1);
    this.#text += known;
    for (const character of known) {
      this.#take(character.codePointAt(0) ?? 0);
      if (this.blockedBy !== undefined) break;
      this.#at += character.length;
    }
    return this.#released(Math.min(this.#held(), this.#at));
  }

  end(): string {
    if (this.blockedBy !== undefined) return '';
    this.#text += this.#half;
    this.#half = '';
    const end = this.#base + this.#text.length;
    for (const [rank, watch] of this.#watches.entries()) watch.detector.end(end, (start, until) => this.#found(rank, start, until));
    return this.#released(Math.min(end, this.#blockedAt));
  }

  #take(codePoint: number): void {
    for (const [rank, { detector }] of this.#watches.entries()) {
      detector.take(codePoint, this.#at, (start, end) => this.#found(rank, start, end));
    }
  }

  #found(rank: number, start: number, end: number): void {
    const { placeholder, name } = this.#watches[rank] ?? {};
    if (placeholder !== undefined) {
      this.#spans.push({ start, end, rank });
      return;
    }
    if (start >= this.#blockedAt) return;
    this.#blockedAt = start;
    this.blockedBy = name;
  }

  #held(): number {
    let held = this.#blockedAt;
    for (const { detector } of this.#watches) held = Math.min(held, detector.heldFrom);
    return held;
  }

  /** All that lies before `limit`, where nothing begins any more. */
  #released(limit: number): string {
    const known = this.#spans.filter(({ start }) => start < limit).sort((one, other) => one.start - other.start || one.rank - other.rank);
    if (known.length > 0) this.#spans = this.#spans.filter(({ start }) => start >= limit);
    let out = '';
    let at = this.#base;
    for (const { start, end, rank } of known) {
      if (start >= this.#coveredUntil) {
        out += this.#between(Math.max(at, this.#coveredUntil), start) + (this.#watches[rank]?.placeholder ?? '');
        at = start;
        this.masked += 1;
      }
      this.#coveredUntil = Math.max(this.#coveredUntil, end);
    }
    out += this.#between(Math.max(at, Math.min(this.#coveredUntil, limit)), limit);
    this.#text = this.#text.slice(limit - this.#base);
    this.#base = limit;
    return out;
  }

  #between(from: number, to: number): string {
    return from < to ? this.#text.slice(from - this.#base, to - this.#base) : '';
  }
}
