import { type Operation, serviceOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { busRefusals, ContractBroken, DeadlineExceeded, Refused, ServiceFault, ServiceUnavailable } from '@orrery/messaging';
import { type Issue, issuesFound } from './issue.ts';
import { sentenceOf } from './sentences.ts';

export type Details = Readonly<Record<string, unknown>>;

/** An answer that is no success, before any dialect has put it into words of its own. */
export interface Failure {
  readonly status: number;
  /** A fact in PascalCase; stable. */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  readonly details: Details;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Ends a request with a failure; thrown wherever the request cannot go on, caught once at its outermost. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.status} ${failure.code}`, options);
    this.failure = failure;
  }
}

/** Refusals of the gateway itself, with their HTTP status. */
export const edgeRefusals = {
  MalformedRequest: 400,
  MalformedJson: 400,
  NotUtf8: 400,
  NestedTooDeep: 400,
  RequestBlocked: 400,
  AnswerBlocked: 400,
  RequestTooCostly: 400,
  RepeatedParameter: 400,
  BadIdempotencyKey: 400,
  ConflictingCredentials: 400,
  InsufficientCredits: 402,
  AddressNotAllowed: 403,
  ModelNotAllowed: 403,
  CrossSite: 403,
  NotAMember: 403,
  OrgSuspended: 403,
  NoOrganization: 403,
  ModelNotFound: 404,
  ModelOffline: 404,
  RouteNotFound: 404,
  MethodNotAllowed: 405,
  RequestTimedOut: 408,
  IdempotencyKeyInUse: 409,
  AnswerNotKept: 409,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  IdempotencyKeyReused: 422,
  RateLimited: 429,
  RequestsLimited: 429,
  TokensLimited: 429,
  TooManyAtOnce: 429,
  BudgetSpent: 429,
  TokenBudgetSpent: 429,
  TooManyExports: 429,
  HeadersTooLarge: 431,
  Fault: 500,
  ModelFailed: 502,
  ServiceUnavailable: 503,
  GuardrailUnavailable: 503,
  PricedInOtherCurrency: 503,
  ShuttingDown: 503,
  GatewayFull: 503,
  ModelBusy: 503,
  ModelUnavailable: 503,
  UsageUntold: 503,
  IdempotencyUnavailable: 503,
  ModelTimedOut: 504,
  DeadlineExceeded: 504,
} as const;
export type EdgeRefusal = keyof typeof edgeRefusals;

interface More {
  readonly details?: Details;
  readonly issues?: readonly Issue[];
  readonly headers?: Readonly<Record<string, string>>;
}

const failureOf = (status: number, code: string, { details = {}, issues = [], headers = {} }: More = {}): Failure => ({
  status,
  code,
  detail: sentenceOf(code, details),
  details,
  issues,
  headers,
});

export const edgeFailure = (code: EdgeRefusal, more: More = {}): Failure => failureOf(edgeRefusals[code], code, more);

export const invalidInput = (issues: readonly Issue[]): Failure => failureOf(400, 'InvalidInput', { issues });

export const unauthenticated = (reason: string): Failure =>
  failureOf(401, 'Unauthenticated', { details: { reason }, headers: { 'www-authenticate': 'Bearer' } });

const onTheBus: Readonly<Record<string, number>> = busRefusals;
const atTheEdge: Readonly<Record<string, number>> = edgeRefusals;

const headersOf = (status: number, details: Details): Readonly<Record<string, string>> => {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  const { retryAfterMs } = details;
  if (typeof retryAfterMs === 'number') return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
  return {};
};

/** What an operation refused, with the status that its contract gives. */
export const refusal = (
  operation: Pick<Operation, 'refusals'> & Partial<Pick<Operation, 'http'>>,
  { code, details }: Rejection,
): Failure => {
  const status = operation.refusals[code] ?? onTheBus[code] ?? atTheEdge[code] ?? 500;
  const { issues: found, ...facts }: Details = { ...details };
  const issues = issuesFound(found, operation.http);
  if (code === 'InvalidInput') return failureOf(status, code, { issues });
  return failureOf(status, code, { details: facts, issues, headers: headersOf(status, facts) });
};

const retrySoon = { 'retry-after': '1' };

/** A fault as a caller may hear of it: what is down, never why in detail. Undefined: nobody foresaw it. */
export const faultOf = (error: unknown): Failure | undefined => {
  if (error instanceof Failed) return error.failure;
  if (error instanceof ServiceUnavailable) {
    return edgeFailure('ServiceUnavailable', { details: { service: error.service }, headers: retrySoon });
  }
  if (error instanceof DeadlineExceeded) return edgeFailure('DeadlineExceeded', { details: { service: error.service } });
  if (error instanceof ServiceFault) return edgeFailure('Fault', { details: { service: error.service } });
  if (error instanceof ContractBroken) return edgeFailure('Fault');
  return undefined;
};

/** A stream that was refused only once it was read. */
export const streamFailure = (operation: Operation, error: unknown): Failure => {
  if (error instanceof Refused) return refusal(operation, error.rejection);
  return faultOf(error) ?? edgeFailure('Fault', { details: { service: serviceOf(operation) } });
};
