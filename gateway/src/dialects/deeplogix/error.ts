import { STATUS_CODES } from 'node:http';
import type { ErrorShape } from '../../dialect.ts';
import type { Failure } from '../../failure.ts';

/** What a failure is about, where its code does not say so by ending in `NotFound`. */
const fields: Readonly<Record<string, string>> = {
  AddressNotAllowed: 'ADDRESS',
  BadIdempotencyKey: 'IDEMPOTENCY_KEY',
  CrossSite: 'ORIGIN',
  EmailNotVerified: 'EMAIL',
  IdempotencyKeyReused: 'IDEMPOTENCY_KEY',
  MalformedJson: 'BODY',
  MalformedRequest: 'REQUEST',
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

const sentenceOf = ({ detail, issues }: Failure): string =>
  issues.length === 0
    ? detail
    : issues.map((issue) => `${issue.path.length > 0 ? issue.path.join('.') : issue.in} ${issue.detail}`).join('; ');

/** `{ ok: false, error: "E_NAME-BAD_REQUEST", … }`; a status that names nothing has its plain words. */
export const deeplogixError: ErrorShape = (failure, { path }) => {
  const kind = kinds[failure.status];
  const status = kind === 'BAD_REQUEST' ? 400 : failure.status;
  const error = kind === undefined ? (STATUS_CODES[status] ?? 'Internal Server Error') : `E_${fieldOf(failure, path)}-${kind}`;
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: { ok: false, error, message: sentenceOf(failure), status },
  };
};
