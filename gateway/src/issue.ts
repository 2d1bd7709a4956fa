import { z } from 'zod';

export type Part = 'path' | 'query' | 'body';

/** One thing that is wrong with a request: where, what, and how to mend it. */
export interface Issue {
  readonly in: Part;
  readonly path: readonly (string | number)[];
  readonly detail: string;
  readonly mend: string;
  /** As zod found it, for dialects with words of their own. */
  readonly raw?: z.core.$ZodIssue;
  /** What was sent there; undefined where nothing was. */
  readonly given?: unknown;
}

const escaped = (step: string | number): string => String(step).replaceAll('~', '~0').replaceAll('/', '~1');

/** RFC 6901. */
export const pointerOf = (path: readonly (string | number)[]): string => path.map((step) => `/${escaped(step)}`).join('');

export const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
};

const bounded = (origin: string, bound: number | bigint, word: string): string => {
  if (origin === 'string') return `make it ${word} ${bound} characters long`;
  if (origin === 'array' || origin === 'set') return `give ${word} ${bound} items`;
  return `make it ${word} ${bound}`;
};

const formats: Readonly<Record<string, string>> = {
  uuid: 'send the id as you got it, a UUID',
  email: 'send an e-mail address, such as person@example.com',
  datetime: 'send a UTC time with milliseconds, such as 2026-01-02T03:04:05.678Z',
  regex: 'write it in that form',
};

/** Some times come in any zone, as clients write them; others as we do. */
const takesOffsets = (pattern: string | undefined): boolean => pattern?.includes('[+-]') ?? false;

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  bigint: 'a whole number',
  string: 'a text (string)',
  boolean: 'true or false',
  array: 'a list (array)',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** Of what JSON has, not of what the schema is written in. */
const kindInWords = (expected: string): string => kinds[expected] ?? `a ${expected}`;

/** What to do about an issue of zod. `fields` are the names that are known where it occurred. */
export const mendOf = (raw: z.core.$ZodIssue, given: unknown, fields: readonly string[]): string => {
  switch (raw.code) {
    case 'invalid_type':
      return given === undefined ? `add it, ${kindInWords(raw.expected)}` : `send ${kindInWords(raw.expected)}`;
    case 'unrecognized_keys':
      return fields.length > 0 ? `remove it; known here: ${fields.join(', ')}` : 'remove it';
    case 'too_small':
      return bounded(raw.origin, raw.minimum, raw.inclusive === false ? 'above' : 'at least');
    case 'too_big':
      return bounded(raw.origin, raw.maximum, raw.inclusive === false ? 'below' : 'at most');
    case 'invalid_format':
      if (raw.format === 'datetime' && takesOffsets(raw.pattern))
        return 'send a time with Z or an offset, such as 2026-01-02T03:04:05+01:00';
      return formats[raw.format] ?? `send a valid ${raw.format}`;
    case 'invalid_value':
      return `send one of: ${raw.values.map(String).join(', ')}`;
    case 'invalid_key':
      return 'give it another name';
    case 'not_multiple_of':
      return `send a multiple of ${raw.divisor}`;
    case 'custom':
      return String(raw.params?.['mend'] ?? 'see /openapi.json for what is expected');
    default:
      return 'see /openapi.json for what is expected';
  }
};

const Found = z.array(
  z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string(), code: z.string(), mend: z.string().optional() }),
);
const hasNoBody = /^(?:GET|DELETE) /;

/** What a service found wrong that no schema tells, such as a cursor of another list: said like everything else that is wrong with a request. */
export const issuesFound = (found: unknown, http = ''): readonly Issue[] => {
  const parsed = z.safeParse(Found, found);
  if (!parsed.success) return [];
  return parsed.data.map(({ path, message, code, mend }) => ({
    in: http.includes(`{${path[0]}}`) ? 'path' : hasNoBody.test(http) ? 'query' : 'body',
    path,
    detail: message,
    mend:
      mend ?? (code === 'cursor' ? 'send nextCursor of the page before, or begin without one' : 'see /openapi.json for what is expected'),
  }));
};
