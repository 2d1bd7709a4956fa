import type { Failure } from '../failure.ts';

/** What went wrong, and every field that is wrong by its name, in one sentence. */
export const sentenceOfIssues = ({ detail, issues }: Failure): string =>
  issues.length === 0
    ? detail
    : issues.map((issue) => `${issue.path.length > 0 ? issue.path.join('.') : issue.in} ${issue.detail}`).join('; ');
