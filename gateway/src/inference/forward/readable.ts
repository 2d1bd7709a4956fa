import type { Head } from './attempt.ts';

const types = /^(?:application\/(?:[\w.-]+\+)?json|text\/event-stream)\s*(?:;|$)/i;

const only = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value);

/** Why an answer of success is none that anybody here can read, count or pass on; undefined where it is one. */
export const unreadable = ({ headers }: Head): string | undefined => {
  const [encoding = 'identity', type] = [only(headers['content-encoding']), only(headers['content-type'])];
  // Nobody asked for any: clients would get what they did not say they can read.
  if (encoding.trim().toLowerCase() !== 'identity') return `it is compressed (${encoding})`;
  return type === undefined || types.test(type) ? undefined : `it is ${type}`;
};
