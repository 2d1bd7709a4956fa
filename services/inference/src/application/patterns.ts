import type { inference } from '@orrery/contracts';
import { RE2JS } from 're2js';

/** Steps of the automata, of one expression and of all: a character of a text may take every one of them. */
const mostSteps = 500;
const mostStepsInAll = 1_000;

export interface BadPattern {
  readonly guardrail: string;
  /** Its place in the list, from 1. */
  readonly number: number;
  readonly reason: string;
}

const stepsOf = (pattern: string): number | string => {
  try {
    return RE2JS.compile(pattern).programSize();
  } catch (error) {
    return error instanceof Error ? error.message : 'it is no expression';
  }
};

/** The first that gateways cannot look for, or not in a time that every request can wait. */
export const badPatternIn = (guardrails: readonly inference.Guardrail[]): BadPattern | undefined => {
  let steps = 0;
  for (const guardrail of guardrails) {
    if (guardrail.kind !== 'patterns') continue;
    for (const [index, pattern] of guardrail.patterns.entries()) {
      const at = { guardrail: guardrail.name, number: index + 1 };
      const own = stepsOf(pattern);
      if (typeof own === 'string') return { ...at, reason: own };
      if (own > mostSteps) return { ...at, reason: `it has ${own} steps, and ${mostSteps} are allowed` };
      steps += own;
      if (steps > mostStepsInAll) return { ...at, reason: `with those before it has more than ${mostStepsInAll} steps` };
    }
  }
  return undefined;
};
