type Outcome<V> = { readonly accepted: true; readonly value: V } | { readonly accepted: false; readonly rejection: unknown };

/** The value of an outcome that must be granted. Throws what it was refused for. */
export const granted = <V>(outcome: Outcome<V>): V => {
  if (!outcome.accepted) throw new Error(`refused: ${JSON.stringify(outcome.rejection)}`);
  return outcome.value;
};
