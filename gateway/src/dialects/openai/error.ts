import type { ErrorShape } from '../../dialect.ts';
import type { Failure } from '../../failure.ts';
import { chatTypeOf, lowerSnake } from '../../inference/shapes/errors.ts';
import { sentenceOfIssues } from '../sentence-of-issues.ts';
import { sharedBase } from './row.ts';

/** As LMStack calls them, too; OpenAI has none with these statuses. */
const typesOfFaults: Readonly<Record<number, string>> = { 502: 'connection_error', 504: 'timeout_error' };

const codes: Readonly<Record<string, string>> = {
  Unauthenticated: 'invalid_api_key',
  ModelNotFound: 'model_not_found',
  ModelNotAllowed: 'model_not_found',
  ModelOffline: 'model_not_found',
  RateLimited: 'rate_limit_exceeded',
  RequestsLimited: 'rate_limit_exceeded',
  TokensLimited: 'rate_limit_exceeded',
  TooManyAtOnce: 'rate_limit_exceeded',
  BudgetSpent: 'insufficient_quota',
  TokenBudgetSpent: 'insufficient_quota',
  InsufficientCredits: 'insufficient_quota',
  PayloadTooLarge: 'request_too_large',
};

const typeOf = (status: number): string => typesOfFaults[status] ?? chatTypeOf(status);

/** The one field that is wrong, where there is one: what clients show beside the message. */
const paramOf = ({ code, details, issues: [issue] }: Failure): string | null => {
  if (issue) return issue.path.length > 0 ? issue.path.join('.') : null;
  if (code === 'ModelRefused') return typeof details['param'] === 'string' ? details['param'] : null;
  return codes[code] === 'model_not_found' ? 'model' : null;
};

/** What a model server refused keeps its own code. */
const codeOf = ({ code, details }: Failure): string | null => {
  if (code !== 'ModelRefused') return codes[code] ?? lowerSnake(code);
  return typeof details['code'] === 'string' ? details['code'] : null;
};

/** `{ error: { message, type, param, code } }`, what is malformed with 400; with the same in `detail` where LMStack's clients read it there. */
export const openaiError: ErrorShape = (failure, { path }) => {
  const status = failure.status === 422 ? 400 : failure.status;
  const message = sentenceOfIssues(failure);
  const type = typeOf(status);
  const error = { message, type, param: paramOf(failure), code: codeOf(failure) };
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: path.startsWith(`${sharedBase}/`) ? { error, detail: { error: { message, type } } } : { error },
  };
};
