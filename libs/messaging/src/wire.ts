import type { Rejection } from '@orrery/kernel';
import type { z } from 'zod';
import { DeadlineExceeded, ServiceFault, ServiceUnavailable } from './errors.ts';

/** A fault as it crosses the wire: what is down and where, never why in detail, never a stack. */
export interface WireFault {
  readonly kind: 'unavailable' | 'deadline' | 'internal';
  readonly service: string;
  readonly operation: string;
  readonly correlationId: string;
}

export type WireReply =
  | { readonly accepted: true; readonly value: unknown }
  | { readonly accepted: false; readonly rejection: Rejection }
  | { readonly fault: WireFault };

export const encodeJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? 'null', 'utf8');

export const decodeJson = (bytes: Uint8Array): unknown =>
  bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));

const maxIssues = 20;

/** What a client needs to mend its input. */
export const invalidInput = (error: z.core.$ZodError): Rejection => ({
  code: 'InvalidInput',
  details: {
    issues: error.issues.slice(0, maxIssues).map(({ code, path, message }) => ({ path: path.map(String), message, code })),
  },
});

export const faultOf = (error: unknown, where: { service: string; operation: string; correlationId: string }): WireFault => {
  if (error instanceof ServiceUnavailable) return { ...where, kind: 'unavailable', service: error.service };
  if (error instanceof DeadlineExceeded) return { ...where, kind: 'deadline', service: error.service };
  if (error instanceof ServiceFault) return { ...where, kind: 'internal', service: error.service, operation: error.operation };
  return { ...where, kind: 'internal' };
};

export const errorOf = ({ kind, service, operation, correlationId }: WireFault): Error => {
  switch (kind) {
    case 'unavailable':
      return new ServiceUnavailable(service, 'reported');
    case 'deadline':
      return new DeadlineExceeded(service);
    case 'internal':
      return new ServiceFault(service, operation, correlationId);
  }
};
