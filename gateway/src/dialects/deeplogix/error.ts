import { STATUS_CODES } from 'node:http';
import type { ErrorShape } from '../../dialect.ts';
import type { Failure } from '../../failure.ts';
import { sentenceOfIssues } from '../sentence-of-issues.ts';

/** What a failure is about, where its code does not say so by ending in `NotFound`. */
const fields: Readonly<Record<string, string>> = {
  AddressNotAllowed: 'ADDRESS',
  BadIdempotencyKey: 'IDEMPOTENCY_KEY',
  CrossSite: 'ORIGIN',
  EmailNotVerified: 'EMAIL',
  IdempotencyKeyReused: 'IDEMPOTENCY_KEY',
  IdempotencyKeyInUse: 'IDEMPOTENCY_KEY',
  AnswerNotKept: 'IDEMPOTENCY_KEY',
  MalformedJson: 'BODY',
  MalformedRequest: 'REQUEST',
  ModelRefused: 'MESSAGE',
  MfaNotEnabled: 'SECOND_FACTOR',
  NestedTooDeep: 'BODY',
  NoOrganization: 'ORG',
  NotAMember: 'ORG',
  NotUtf8: 'BODY',
  OrgSuspended: 'ORG',
  PasskeyRefused: 'SECOND_FACTOR',
  RedirectUriRefused: 'REDIRECT_URIS',
  RouteNotFound: 'PATH',
  SecondFactorNeeded: 'SECOND_FACTOR',
  UserDeactivated: 'USER',
  WrongCode: 'CODE',
};

/** What lies below a path, the longest first. */
const resources: readonly (readonly [string, string])[] = [
  ['/api/user/api-keys', 'API_KEY'],
  ['/api/user/oauth-app', 'OAUTH_APP'],
  ['/api/model', 'MODEL'],
  ['/api/public/catalog', 'MODEL'],
  ['/api/user', 'USER'],
];

/** Whoever asks a model that is not live asked wrongly; whoever asks one that is not there asked for nothing. */
const statuses: Readonly<Record<string, number>> = { ModelOffline: 400 };

const upperSnake = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();

/** The field or thing that is wrong, as the identifiers of this API spell it. */
const fieldOf = ({ code, issues: [issue] }: Failure, path: string): string => {
  if (issue) return upperSnake(String(issue.path[0] ?? issue.in));
  const missing = /^(\w+)NotFound$/.exec(code)?.[1];
  const about = fields[code] ?? (missing === undefined ? undefined : upperSnake(missing));
  return about ?? resources.find(([base]) => path.startsWith(base))?.[1] ?? 'REQUEST';
};

/** The kinds of failure that name what is wrong. This API knows nothing between them: a conflict is a bad request. */
const kinds: Readonly<Record<number, 'BAD_REQUEST' | 'FORBIDDEN' | 'NOT_FOUND'>> = {
  400: 'BAD_REQUEST',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'BAD_REQUEST',
  410: 'BAD_REQUEST',
  422: 'BAD_REQUEST',
};

/** `{ ok: false, error: "E_NAME-BAD_REQUEST", … }`; a status that names nothing has its plain words. */
export const deeplogixError: ErrorShape = (failure, { path }) => {
  const given = statuses[failure.code] ?? failure.status;
  const kind = kinds[given];
  const status = kind === 'BAD_REQUEST' ? 400 : given;
  const error = kind === undefined ? (STATUS_CODES[status] ?? 'Internal Server Error') : `E_${fieldOf(failure, path)}-${kind}`;
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: { ok: false, error, message: sentenceOfIssues(failure), status },
  };
};
