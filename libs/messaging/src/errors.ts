import type { Rejection } from '@orrery/kernel';

/** The one bridge from a refusal as a value to the reply of an operation; made by `refuse`, caught by the server. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.code);
    this.rejection = rejection;
  }
}

export type UnavailableReason = 'no-responders' | 'disconnected' | 'interrupted' | 'not-permitted' | 'closing' | 'reported';

/** Nobody answers for this service; the caller may try again later. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly service: string;
  readonly reason: UnavailableReason;
  constructor(service: string, reason: UnavailableReason, options?: ErrorOptions) {
    super(`${service} is unavailable (${reason})`, options);
    this.service = service;
    this.reason = reason;
  }
}

/** The service did not answer in time; whether it did what was asked is unknown. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly service: string;
  constructor(service: string, options?: ErrorOptions) {
    super(`${service} did not answer within the deadline`, options);
    this.service = service;
  }
}

/** Something broke in the service; its log knows what, under the same correlation id. */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault';
  readonly service: string;
  readonly operation: string;
  readonly correlationId: string;
  constructor(service: string, operation: string, correlationId: string) {
    super(`${operation} failed in ${service}; its log tells why under ${correlationId}`);
    this.service = service;
    this.operation = operation;
    this.correlationId = correlationId;
  }
}

/** The server of the bus does not take these credentials: they are wrong, have expired, or were revoked. */
export class NotLetIn extends Error {
  override readonly name = 'NotLetIn';
}

/** A contract was broken by the code that serves it: an undeclared refusal, or an output that its schema refuses. */
export class ContractBroken extends Error {
  override readonly name = 'ContractBroken';
}
