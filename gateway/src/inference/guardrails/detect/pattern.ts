import { RE2JS } from 're2js';

/** Steps of a program. Those that neither read a character nor lead anywhere are left out. */
export type Step =
  | { readonly kind: 'either'; readonly one: number; readonly other: number }
  | { readonly kind: 'on'; readonly next: number }
  /** Goes on where all of these conditions hold between two characters. */
  | { readonly kind: 'where'; readonly conditions: number; readonly next: number }
  | { readonly kind: 'read'; readonly next: number; readonly ascii: Uint8Array; readonly reads: (codePoint: number) => boolean }
  | { readonly kind: 'match' }
  | { readonly kind: 'fail' };

/** A regular expression as the steps of a finite automaton. */
export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
  /** The ASCII characters with which something may begin. */
  readonly firsts: Uint8Array;
}

/** The instructions of RE2 that are used here, by their numbers (https://swtch.com/~rsc/regexp/regexp3.html, and `Inst` of re2js). */
const op = { either: 1, eitherMatch: 2, capture: 3, where: 4, fail: 5, match: 6, nothing: 7, rune: 8, rune1: 9, any: 10, anyButLine: 11 };

interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(codePoint: number): boolean;
}

const lineFeed = 10;

const reading = (next: number, reads: (codePoint: number) => boolean): Step => ({
  kind: 'read',
  next,
  ascii: Uint8Array.from({ length: 128 }, (_, codePoint) => (reads(codePoint) ? 1 : 0)),
  reads,
});

const stepOf = (instruction: Instruction): Step => {
  const { out: next, arg } = instruction;
  switch (instruction.op) {
    case op.either:
    case op.eitherMatch:
      return { kind: 'either', one: next, other: arg };
    case op.capture:
    case op.nothing:
      return { kind: 'on', next };
    case op.where:
      return { kind: 'where', conditions: arg, next };
    case op.match:
      return { kind: 'match' };
    case op.fail:
      return { kind: 'fail' };
    case op.rune:
    case op.rune1:
      return reading(next, (codePoint) => instruction.matchRune(codePoint));
    case op.any:
      return reading(next, () => true);
    case op.anyButLine:
      return reading(next, (codePoint) => codePoint !== lineFeed);
    default:
      throw new TypeError(`instruction ${instruction.op} of a regular expression is not known`);
  }
};

/** Whatever the conditions: these are asked when it comes to it. */
const firstsOf = (steps: readonly Step[], start: number): Uint8Array => {
  const firsts = new Uint8Array(128);
  const reached = new Set([start]);
  for (const at of reached) {
    const step = steps[at];
    if (step?.kind === 'either') reached.add(step.one).add(step.other);
    if (step?.kind === 'on' || step?.kind === 'where') reached.add(step.next);
    if (step?.kind === 'read') for (const [codePoint, reads] of step.ascii.entries()) if (reads === 1) firsts[codePoint] = 1;
  }
  return firsts;
};

/**
 * RE2's syntax: without look-around and references, so that whatever is written is a finite automaton and is never tried twice. Its parser and
 * compiler are used; its matcher, which wants a whole text, is not. Throws where it is no such expression.
 */
export const programOf = (expression: string, ignoresCase: boolean): Program => {
  const { prog } = RE2JS.compile(expression, ignoresCase ? RE2JS.CASE_INSENSITIVE : 0).re2();
  // The package types its program as `any`.
  const { inst, start }: { readonly inst: readonly Instruction[]; readonly start: number } = prog;
  const steps = inst.map(stepOf);
  return { steps, start, firsts: firstsOf(steps, start) };
};
