import { toUSVString } from 'node:util';

/** Text that PostgreSQL can hold: no NUL, no half of a surrogate pair. What a machine tells of a program may hold anything. */
const cleanText = (text: string): string => toUSVString(text.replaceAll('\0', ''));

/** The same for every text in a JSON value. */
export const clean = <T>(value: T): T => {
  // What goes in comes out, with other characters in it at most.
  if (typeof value === 'string') return cleanText(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clean) as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each)])) as T;
};
