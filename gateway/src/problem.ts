import type { ErrorShape } from './dialect.ts';
import { pointerOf } from './issue.ts';
import { titleOf } from './sentences.ts';

/** RFC 9457: how the platform's own API says that something went wrong. */
export const problem: ErrorShape = ({ status, code, detail, details, issues }, { path, traceId }) => ({
  contentType: 'application/problem+json; charset=utf-8',
  body: {
    ...details,
    type: `urn:orrery:problem:${code}`,
    title: titleOf(code),
    status,
    detail,
    code,
    instance: path,
    ...(traceId === undefined ? {} : { traceId }),
    ...(issues.length === 0
      ? {}
      : {
          errors: issues.map((issue) => ({ in: issue.in, pointer: pointerOf(issue.path), detail: issue.detail, mend: issue.mend })),
        }),
  },
});
