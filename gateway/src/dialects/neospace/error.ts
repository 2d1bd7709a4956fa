import type { ErrorShape } from '../../dialect.ts';
import type { Failure } from '../../failure.ts';

const messageOf = ({ detail, issues }: Failure): string => {
  if (issues.length === 0) return detail;
  return issues.map((issue) => `${issue.path.length > 0 ? issue.path.join('.') : issue.in} ${issue.detail}`).join('; ');
};

/** `{ error: "…" }`, with the statuses that the API knows: what is malformed is 400 there. */
export const neospaceError: ErrorShape = (failure) => ({
  contentType: 'application/json; charset=utf-8',
  body: { error: messageOf(failure) },
  ...(failure.status === 422 ? { status: 400 } : {}),
});
