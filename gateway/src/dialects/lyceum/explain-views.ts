import type { execution, OutputOf } from '@orrery/contracts';
import type { Writable } from './json.ts';
import { submissionNames } from './submission.ts';

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** The same with names as this API writes them. */
const snaked = (value: Plain): Writable => {
  if (Array.isArray(value)) return value.map(snaked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), snaked(inner)]));
};

const names: Readonly<Record<string, string>> = submissionNames;

/** What could be asked for instead, by the fields of this API's submission. */
const insteadOf = ({ change, input, message }: execution.Alternative): Writable => ({
  change,
  message,
  input: Object.fromEntries(Object.entries(input).map(([name, value]) => [names[name] ?? snake(name), value])),
});

/** Why an execution waits and when it will start, or why it is where it is. */
export const explanation = ({ runId, waiting, ...rest }: OutputOf<typeof execution.ExplainRun>): Writable => {
  const { instead = [], ...said } = waiting ?? {};
  return {
    execution_id: runId,
    ...(snaked(rest) as { readonly [name: string]: Writable }),
    waiting: waiting && { ...(snaked(said) as { readonly [name: string]: Writable }), instead: instead.map(insteadOf) },
  };
};
