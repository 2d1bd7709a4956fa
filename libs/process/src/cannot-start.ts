/** A start that failed for a reason outside of the code. The message says what it is and what mends it; a stack trace would add nothing. */
export class CannotStart extends Error {
  override readonly name: string = 'CannotStart';
}

/** The sentences of a failure that is nothing but reasons outside of the code, each once; undefined for any other. */
export const sentencesOf = (error: unknown): readonly string[] | undefined => {
  if (error instanceof CannotStart) return [error.message];
  if (!(error instanceof AggregateError) || error.errors.length === 0) return undefined;
  const sentences = new Set<string>();
  for (const each of error.errors) {
    const own = sentencesOf(each);
    if (own === undefined) return undefined;
    for (const sentence of own) sentences.add(sentence);
  }
  return [...sentences];
};
