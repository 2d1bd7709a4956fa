import { type Operation, serviceOf } from '@orrery/contracts';
import { z } from 'zod';
import { ContractBroken, Refused } from './errors.ts';
import { busRefusals } from './outcome.ts';
import { faultOf, type WireReply } from './wire.ts';

/** Told of every fault that a caller only hears the name of. */
export type FaultSink = (fault: { readonly operation: string; readonly correlationId: string; readonly error: unknown }) => void;

/** What a handler answered, in the form of the wire; throws where its contract refuses it. */
export const encodeOutput = (operation: Operation, value: unknown): unknown => {
  const output = z.safeEncode(operation.output, value);
  if (output.success) return output.data;
  throw new ContractBroken(`${operation.subject} answered what its contract refuses: ${z.prettifyError(output.error)}`);
};

export type Failure = Exclude<WireReply, { readonly accepted: true }>;

/** A refusal that the contract knows goes to the caller; everything else is a fault, told in full to the sink and by name to the caller. */
export const replyToFailure = (
  operation: Operation,
  error: unknown,
  { correlationId, onFault }: { readonly correlationId: string; readonly onFault: FaultSink },
): Failure => {
  let fault = error;
  if (error instanceof Refused) {
    const { code } = error.rejection;
    if (code in operation.refusals || code in busRefusals) return { accepted: false, rejection: error.rejection };
    fault = new ContractBroken(`${operation.subject} refused with ${code}, which its contract does not know`, { cause: error });
  }
  onFault({ operation: operation.subject, correlationId, error: fault });
  return { fault: faultOf(fault, { service: serviceOf(operation), operation: operation.subject, correlationId }) };
};
