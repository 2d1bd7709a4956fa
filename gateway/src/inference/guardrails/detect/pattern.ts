import { RE2JS } from 're2js';

/** One step of a program. All have the same members: where objects have many forms, each look at one costs several times as much. */
export interface Step {
  /** `where` goes on where all of its conditions hold between two characters. */
  readonly kind: 'either' | 'on' | 'where' | 'read' | 'match' | 'fail';
  readonly next: number;
  /** Of `either`. */
  readonly other: number;
  readonly conditions: number;
  /** What `read` reads; of ASCII by its place. */
  readonly ascii: Uint8Array;
  readonly reads: (codePoint: number) => boolean;
}

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

const nothing = new Uint8Array(128);
const never = (): boolean => false;

const going = (kind: Step['kind'], next = 0, { other = 0, conditions = 0 } = {}): Step => ({
  kind,
  next,
  other,
  conditions,
  ascii: nothing,
  reads: never,
});
export const failing = going('fail');

const reading = (next: number, reads: (codePoint: number) => boolean): Step => ({
  kind: 'read',
  next,
  other: 0,
  conditions: 0,
  ascii: Uint8Array.from({ length: 128 }, (_, codePoint) => (reads(codePoint) ? 1 : 0)),
  reads,
});

const stepOf = (instruction: Instruction): Step => {
  const { out: next, arg } = instruction;
  switch (instruction.op) {
    case op.either:
    case op.eitherMatch:
      return going('either', next, { other: arg });
    case op.capture:
    case op.nothing:
      return going('on', next);
    case op.where:
      return going('where', next, { conditions: arg });
    case op.match:
      return going('match');
    case op.fail:
      return failing;
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
    if (step?.kind === 'either') reached.add(step.next).add(step.other);
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
