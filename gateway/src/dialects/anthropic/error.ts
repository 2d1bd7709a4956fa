import type { ErrorShape } from '../../dialect.ts';
import { messagesError } from '../../inference/shapes/errors.ts';
import { sentenceOfIssues } from '../sentence-of-issues.ts';

/** `{ type: 'error', error: { type, message } }`, what is malformed with 400. */
export const anthropicError: ErrorShape = (failure) => {
  const status = failure.status === 422 ? 400 : failure.status;
  return { status, contentType: 'application/json; charset=utf-8', body: messagesError(status, { message: sentenceOfIssues(failure) }) };
};
