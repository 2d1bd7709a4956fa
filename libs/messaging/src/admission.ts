import type { Operation, RequestContext } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { Msg } from 'nats';
import { z } from 'zod';
import { denial } from './access.ts';
import { type Carrier, type DeadlineClock, readHeaders } from './headers.ts';
import type { Route } from './route.ts';
import { decodeJson, invalidInput } from './wire.ts';

export interface Served {
  readonly operation: Operation;
  readonly route: Route;
  /** Where the asker's id is the last token of the subject. */
  readonly fromAgents: boolean;
}

export interface Welcome {
  readonly kind: 'welcome';
  readonly context: RequestContext;
  readonly carrier: Carrier;
  readonly reading: string | undefined;
}

export type Admission =
  | Welcome
  | { readonly kind: 'refused'; readonly rejection: Rejection }
  /** Nobody waits any more: work done now would only slow those who do. */
  | { readonly kind: 'expired' };

/** An agent's connection may only use subjects that end in its own id; what it claims to be must agree. */
const isImpostor = (subject: string, { principal }: RequestContext): boolean =>
  principal.kind !== 'agent' || !subject.endsWith(`.${principal.id}`);

/** Who asks, whether still, and whether they may. */
export const admit = ({ operation, fromAgents }: Served, message: Msg, clock: DeadlineClock): Admission => {
  const read = readHeaders(message.headers, fromAgents ? 'own' : clock);
  if (!read.ok) {
    return {
      kind: 'refused',
      rejection: { code: 'InvalidInput', details: { issues: [{ path: [], message: read.why, code: 'context' }] } },
    };
  }
  const { context, carrier, reading } = read;
  if (Date.now() >= context.deadlineAt) return { kind: 'expired' };
  const denied = denial(operation, context);
  if (denied) return { kind: 'refused', rejection: denied };
  if (fromAgents && isImpostor(message.subject, context))
    return { kind: 'refused', rejection: { code: 'Forbidden', details: { needs: 'agent' } } };
  return { kind: 'welcome', context, carrier, reading };
};

export type ReadInput = { readonly ok: true; readonly input: unknown } | { readonly ok: false; readonly rejection: Rejection };

export const readInput = (operation: Operation, bytes: Uint8Array): ReadInput => {
  let body: unknown;
  try {
    body = decodeJson(bytes);
  } catch {
    return {
      ok: false,
      rejection: { code: 'InvalidInput', details: { issues: [{ path: [], message: 'the body is no JSON', code: 'json' }] } },
    };
  }
  const result = z.safeParse(operation.input, body);
  return result.success ? { ok: true, input: result.data } : { ok: false, rejection: invalidInput(result.error) };
};
