/** What a rule says when it is switched off. Spelled apart, so that this file does not accuse itself. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/biome-ig(?:nore)/, 'a suppressed lint rule'],
  [/@ts-(?:ignore|nocheck)/, 'a suppressed type error'],
  [/\bas unknown as\b/, 'a cast through unknown'],
  [/:\s*any\b(?=\s*(?:[;,)=\]>|&{[]|$))/, 'the type any'],
  [/\.only\(/, 'a test that silences all others'],
  [/\bTO(?:DO)\b/, 'an open end'],
];

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly text: string;
}

/** A type test says what must not compile; anywhere else that is a suppression. */
const expectedError = [/@ts-expect(?:-error)/, 'a suppressed type error'] as const;

/** Every way out of a rule that a file takes. A rule that needs an exception is a wrong rule: change it for everyone. */
export const suppressionsIn = (file: string, source: string): Finding[] => {
  const rules = file.endsWith('.type.spec.ts') ? forbidden : [...forbidden, expectedError];
  const lines = source.split('\n').entries();
  return [...lines].flatMap(([index, text]) =>
    rules.filter(([pattern]) => pattern.test(text)).map(([, what]) => ({ file, line: index + 1, what, text: text.trim() })),
  );
};
