import { inference } from '@orrery/contracts';
import { badPatternIn } from './patterns.ts';

const withPatterns = (...patterns: readonly string[]): inference.Guardrail[] =>
  inference.Guardrails.parse([{ kind: 'patterns', name: 'codes', action: 'mask', patterns }]);

describe('A pattern', () => {
  it.each([
    ['(?=a)b', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['(a', 'error parsing regexp: missing closing ): `(a`'],
    ['(?:a{50}){20}b{50}', 'it has 1052 steps, and 500 are allowed'],
  ])('that gateways cannot look for is named: %s', (pattern, reason) => {
    expect(badPatternIn(withPatterns('fine', pattern))).toEqual({ guardrail: 'codes', number: 2, reason });
  });

  it('is one too many where all together take too long', () => {
    const long = 'a{300}';
    expect(badPatternIn(withPatterns(long, long, long))).toBeUndefined();
    expect(badPatternIn(withPatterns(long, long, long, long))).toMatchObject({ number: 4 });
  });
});
