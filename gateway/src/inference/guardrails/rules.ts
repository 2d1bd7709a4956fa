import type { inference } from '@orrery/contracts';
import type { Detector } from './detect/detector.ts';
import { foldedText } from './detect/fold.ts';
import { programOf } from './detect/pattern.ts';
import { PatternDetector } from './detect/patterns.ts';
import { personalKinds } from './detect/personal.ts';
import { PersonalDataDetector } from './detect/personal-data.ts';
import { TermsDetector } from './detect/terms.ts';
import { TermsAutomaton } from './detect/terms-automaton.ts';
import type { Watch } from './masking.ts';

type Guardrail = inference.Guardrail;
type Of<Kind extends Guardrail['kind']> = Extract<Guardrail, { kind: Kind }>;

/** What finds one thing, anew for each text, and what stands for it. */
interface Finder {
  readonly detectorOf: () => Detector;
  readonly placeholder: string;
}

/** A guardrail that is asked here, its expressions compiled. */
export interface Rule {
  readonly guardrail: Of<'patterns' | 'personal-data' | 'terms'>;
  readonly watches: () => readonly Watch[];
}

const findersOf = (guardrail: Rule['guardrail']): readonly Finder[] => {
  switch (guardrail.kind) {
    case 'patterns':
      return guardrail.patterns.map((pattern) => {
        const program = programOf(pattern, guardrail.ignoresCase);
        return { detectorOf: () => new PatternDetector(program), placeholder: guardrail.placeholder };
      });
    case 'personal-data':
      return guardrail.data.map((kind) => ({
        detectorOf: () => new PersonalDataDetector(personalKinds[kind]),
        placeholder: `[${kind.toUpperCase().replaceAll('-', '_')}]`,
      }));
    case 'terms': {
      const automaton = new TermsAutomaton(guardrail.terms.map(foldedText));
      return [{ detectorOf: () => new TermsDetector(automaton, guardrail.wholeWords), placeholder: guardrail.placeholder }];
    }
  }
};

const ruleOf = (guardrail: Rule['guardrail']): Rule => {
  const finders = findersOf(guardrail);
  const { name, action } = guardrail;
  return {
    guardrail,
    watches: () =>
      finders.map(({ detectorOf, placeholder }) => ({
        detector: detectorOf(),
        placeholder: action === 'mask' ? placeholder : undefined,
        name,
      })),
  };
};

/** By the guardrails themselves: they come from a snapshot, where they are the same until they change. */
const compiled = new WeakMap<Rule['guardrail'], Rule>();

/** Compiled once. Throws where an expression is none: none such is let in. */
export const ruleFor = (guardrail: Rule['guardrail']): Rule => {
  const rule = compiled.get(guardrail) ?? ruleOf(guardrail);
  compiled.set(guardrail, rule);
  return rule;
};
