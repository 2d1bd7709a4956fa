import type { Operation, OutputOf, RefusalOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { Refused } from './errors.ts';

/** Refusals that any operation can meet on the bus, with their HTTP status. */
export const busRefusals = {
  InvalidInput: 400,
  Unauthenticated: 401,
  Forbidden: 403,
  SecondFactorNeeded: 403,
  PayloadTooLarge: 413,
  IdempotencyKeyReused: 422,
  Overloaded: 503,
} as const;
export type BusRefusal = keyof typeof busRefusals;

export type Details = Readonly<Record<string, unknown>>;

/** What an operation came to: a value, or a refusal that its contract or the bus knows. */
export type Outcome<X extends Operation> =
  | { readonly accepted: true; readonly value: OutputOf<X> }
  | { readonly accepted: false; readonly rejection: Rejection<RefusalOf<X> | BusRefusal, Details> };

type Judged = { readonly accepted: true } | { readonly accepted: false; readonly rejection: Rejection };

/**
 * Lets an accepted decision or outcome through, and turns a refused one into the refusal of the operation that is being served.
 * Given a bare rejection it always refuses.
 */
export function refuse(rejection: Rejection): never;
export function refuse<J extends Judged>(judged: J): Extract<J, { readonly accepted: true }>;
export function refuse(verdict: Judged | Rejection): Judged {
  if (!('accepted' in verdict)) throw new Refused(verdict);
  if (!verdict.accepted) throw new Refused(verdict.rejection);
  return verdict;
}
