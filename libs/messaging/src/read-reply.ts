import type { Operation, OutputOf, RefusalOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import { z } from 'zod';
import { ContractBroken } from './errors.ts';
import { type BusRefusal, busRefusals, type Details } from './outcome.ts';
import { routeOf } from './route.ts';
import { decodeJson, errorOf, type WireReply } from './wire.ts';

type Refusal<X extends Operation> = { readonly accepted: false; readonly rejection: Rejection<RefusalOf<X> | BusRefusal, Details> };
export type Reply<X extends Operation> = { readonly accepted: true; readonly value: unknown } | Refusal<X>;

/** What an agent may answer. It may say that it failed, not that another did. */
const AgentReply = z.union([
  z.object({ accepted: z.literal(true), value: z.unknown() }),
  z.object({ accepted: z.literal(false), rejection: z.object({ code: z.string(), details: z.record(z.string(), z.unknown()) }) }),
  z.object({ fault: z.object({ correlationId: z.string() }) }).transform(({ fault }) => ({ fault: faultOfAgent(fault.correlationId) })),
]);

const faultOfAgent = (correlationId: string) => ({ kind: 'internal' as const, service: 'agent', operation: '', correlationId });

const broken = (operation: Operation, why: string): ContractBroken =>
  new ContractBroken(`the answer to ${operation.subject} does not fit its contract: ${why}`);

const agentReply = (operation: Operation, raw: unknown): WireReply => {
  const reply = AgentReply.safeParse(raw);
  if (!reply.success) throw broken(operation, z.prettifyError(reply.error));
  if ('fault' in reply.data) return { fault: { ...reply.data.fault, operation: operation.subject } };
  if (!reply.data.accepted && !(reply.data.rejection.code in { ...operation.refusals, ...busRefusals })) {
    throw broken(operation, `it knows no ${reply.data.rejection.code}`);
  }
  return reply.data;
};

/**
 * The envelope of an answer; throws the fault it may hold. A service is taken at its word: its own server has made sure that a
 * refusal is one that the contract knows. An agent is not.
 */
export const readReply = <X extends Operation>(operation: X, bytes: Uint8Array): Reply<X> => {
  const raw = decodeJson(bytes);
  const reply = routeOf(operation).isAgent ? agentReply(operation, raw) : (raw as WireReply);
  if ('fault' in reply) throw errorOf(reply.fault);
  return reply.accepted ? reply : (reply as Refusal<X>);
};

/**
 * What an operation answered. Its owner has checked it against the contract, so it is not checked again; and a service may already
 * answer with a field that this side does not know yet. What an agent answered is checked here.
 */
export const readOutput = <X extends Operation>(operation: X, value: unknown): OutputOf<X> => {
  // Here or there it has passed the schema of this operation; the generic parameter only hides which type that gives.
  if (!routeOf(operation).isAgent) return value as OutputOf<X>;
  const output = z.safeParse(operation.output, value);
  if (output.success) return output.data as OutputOf<X>;
  throw broken(operation, z.prettifyError(output.error));
};
