import type { Operation, RequestOf } from '@orrery/contracts';
import { z } from 'zod';
import type { Parts } from './dialect.ts';
import { edgeFailure, Failed, invalidInput } from './failure.ts';
import { type Issue, mendOf, type Part, valueAt } from './issue.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of the fields of an object schema; empty where it is none. */
const namesOf = (schema: z.ZodType): readonly string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);

const single = (query: Parts['query']): Fields => {
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) throw new Failed(edgeFailure('RepeatedParameter', { details: { name } }));
  }
  return query;
};

/** What comes beside the path: the query of a GET or DELETE, the body of the others. */
const besidePath = (isInQuery: boolean, { query, body }: Parts): Fields => {
  if (isInQuery) return single(query);
  if (body === undefined) return {};
  if (isFields(body)) return body;
  throw new Failed(invalidInput([{ in: 'body', path: [], detail: 'is not an object', mend: 'send a JSON object', given: body }]));
};

const misplaced = (part: Part, names: readonly string[], mend: string): Issue[] =>
  names.map((name) => ({ in: part, path: [name], detail: 'does not belong here', mend }));

/** Fields that are in a part of the request where this route does not read them. */
const strays = (isInQuery: boolean, beside: Fields, { path, query, body }: Parts): readonly Issue[] => [
  ...misplaced(
    isInQuery ? 'query' : 'body',
    Object.keys(beside).filter((name) => Object.hasOwn(path, name)),
    'leave it out: it is in the path',
  ),
  ...(isInQuery ? [] : misplaced('query', Object.keys(query), 'send it in the body')),
  ...(isInQuery && isFields(body) ? misplaced('body', Object.keys(body), 'send it in the query') : []),
];

const split = (raw: z.core.$ZodIssue): readonly z.core.$ZodIssue[] =>
  raw.code === 'unrecognized_keys' ? raw.keys.map((key) => ({ ...raw, keys: [key], path: [...raw.path, key] })) : [raw];

/** Of a key that is wrong zod says only that it is; why, lies one level deeper. */
const wordsOf = (raw: z.core.$ZodIssue): string =>
  raw.code === 'invalid_key' ? `this name must be otherwise: ${raw.issues.map(({ message }) => message).join('; ')}` : raw.message;

const shownIssues = 50;

/** The issues of zod as issues of the request. */
export const issuesOf = (
  error: z.core.$ZodError,
  given: unknown,
  place: { schema: z.ZodType; partOf: (field: string) => Part },
): readonly Issue[] =>
  error.issues
    .flatMap(split)
    .slice(0, shownIssues)
    .map((raw) => {
      const path = raw.path.map((step) => (typeof step === 'number' ? step : String(step)));
      const value = valueAt(given, raw.path);
      const isUnknown = raw.code === 'unrecognized_keys';
      const known = isUnknown && path.length === 1 ? namesOf(place.schema) : [];
      const isMissing = raw.code === 'invalid_type' && value === undefined;
      return {
        in: place.partOf(String(path[0] ?? '')),
        path,
        detail: isUnknown ? 'is not known' : isMissing ? 'is missing' : wordsOf(raw),
        mend: mendOf(raw, value, known),
        raw,
        given: value,
      };
    });

/** The input of an operation out of path, query and body, judged by its one schema; throws with every issue at once. */
export const inputOf = <X extends Operation>(operation: X, method: string, parts: Parts): RequestOf<X> => {
  const isInQuery = method === 'GET' || method === 'DELETE' || method === 'HEAD';
  const beside = besidePath(isInQuery, parts);
  const merged: Fields = { ...beside, ...parts.path };
  const parsed = z.safeParse(operation.input, merged);
  const partOf = (field: string): Part => (Object.hasOwn(parts.path, field) ? 'path' : isInQuery ? 'query' : 'body');
  const issues = [
    ...strays(isInQuery, beside, parts),
    ...(parsed.success ? [] : issuesOf(parsed.error, merged, { schema: operation.input, partOf })),
  ];
  if (issues.length > 0) throw new Failed(invalidInput(issues));
  // It was just parsed; the service parses it again, so what goes on is what came.
  return merged as RequestOf<X>;
};
