import type { z } from 'zod';
import { Refused, wrongField } from './refused.ts';

/** As OpenAI names a field: `messages[0].content`. */
const nameOf = (path: readonly PropertyKey[]): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`)).join('');

/** Of a union the branch that came furthest says what is wrong. */
const deepest = (issue: z.core.$ZodIssue): z.core.$ZodIssue => {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap((branch) => branch.slice(0, 1).map(deepest));
  const [best] = inner.sort((a, b) => b.path.length - a.path.length);
  return best && best.path.length > 0 ? { ...best, path: [...issue.path, ...best.path] } : issue;
};

/** A body as the schema has it, or a refusal that names the first field that is wrong. */
export const read = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  if (!first) throw new Refused({ status: 400, type: 'invalid_request_error', message: 'The request is not what it should be.' });
  const issue = deepest(first);
  const name = nameOf(issue.path);
  if (name === '') throw new Refused({ status: 400, type: 'invalid_request_error', message: issue.message });
  throw wrongField(name, issue.message);
};
