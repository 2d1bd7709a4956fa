import type { Operation, OutputOf, RefusalOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { z } from 'zod';
import { ContractBroken } from './errors.ts';
import type { BusRefusal, Details } from './outcome.ts';
import { decodeJson, errorOf, type WireReply } from './wire.ts';

type Refusal<X extends Operation> = { readonly accepted: false; readonly rejection: Rejection<RefusalOf<X> | BusRefusal, Details> };
export type Reply<X extends Operation> = { readonly accepted: true; readonly value: unknown } | Refusal<X>;

/** The envelope of an answer; throws the fault it may hold. */
export const readReply = <X extends Operation>(_operation: X, bytes: Uint8Array): Reply<X> => {
  // The other end is our own server: its envelope is trusted, what is inside it is checked.
  const reply = decodeJson(bytes) as WireReply;
  if ('fault' in reply) throw errorOf(reply.fault);
  // A refusal that the contract does not know is stopped by the server.
  return reply.accepted ? reply : (reply as Refusal<X>);
};

export const readOutput = <X extends Operation>(operation: X, value: unknown): OutputOf<X> => {
  const output = z.safeParse(operation.output, value);
  // `safeParse` of a schema gives its output; the generic parameter only hides which.
  if (output.success) return output.data as OutputOf<X>;
  throw new ContractBroken(`the answer to ${operation.subject} does not fit its contract: ${z.prettifyError(output.error)}`);
};
