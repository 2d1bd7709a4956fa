import { type Operation, serviceOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { z } from 'zod';
import { ContractBroken, Refused } from './errors.ts';
import { busRefusals } from './outcome.ts';
import { faultOf, type WireReply } from './wire.ts';

/** Told of every fault that a caller only hears the name of. */
export type FaultSink = (fault: { readonly operation: string; readonly correlationId: string; readonly error: unknown }) => void;

export type CheckedOutput = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ContractBroken };

/** What a handler answered, as its contract has it. Outputs are plain JSON: no codec, no transform. */
export const checkedOutput = (operation: Operation, value: unknown): CheckedOutput => {
  const output = z.safeParse(operation.output, value);
  if (output.success) return { ok: true, value: output.data };
  const why = z.prettifyError(output.error);
  return { ok: false, error: new ContractBroken(`${operation.subject} answered what its contract refuses: ${why}`) };
};

/** What becomes of an error that a handler throws. */
export interface Failures {
  readonly onFault: FaultSink;
  /** What an error of a library means to the caller, where it is no fault: a bad cursor, a full queue. */
  readonly refusalOf: (error: unknown) => Rejection | undefined;
}

export type Failure = Exclude<WireReply, { readonly accepted: true }>;

/** A refusal that the contract knows goes to the caller; everything else is a fault, told in full to the sink and by name to the caller. */
export const replyToFailure = (operation: Operation, error: unknown, correlationId: string, { onFault, refusalOf }: Failures): Failure => {
  let fault = error;
  const rejection = error instanceof Refused ? error.rejection : refusalOf(error);
  if (rejection) {
    const { code } = rejection;
    if (code in operation.refusals || code in busRefusals) return { accepted: false, rejection };
    fault = new ContractBroken(`${operation.subject} refused with ${code}, which its contract does not know`, { cause: error });
  }
  onFault({ operation: operation.subject, correlationId, error: fault });
  return { fault: faultOf(fault, { service: serviceOf(operation), operation: operation.subject, correlationId }) };
};
