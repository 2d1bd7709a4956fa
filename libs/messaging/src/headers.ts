import { RequestContext } from '@orrery/contracts';
import { headers, type MsgHdrs } from 'nats';

const contextHeader = 'Orrery-Context';
export const streamHeader = 'Orrery-Stream';

export type Carrier = Record<string, string>;

/** Writes the context and the trace of a request. JSON escapes every line end, so no value can add a header. */
export const writeHeaders = (context: RequestContext, deadlineAt: number, carrier: Carrier): MsgHdrs => {
  const written = headers();
  const { traceparent, ...rest } = context;
  written.set(contextHeader, JSON.stringify({ ...rest, deadlineAt, remainingMs: Math.max(1, deadlineAt - Date.now()) }));
  const trace = carrier.traceparent ?? traceparent;
  if (trace !== undefined) written.set('traceparent', trace);
  if (carrier.tracestate) written.set('tracestate', carrier.tracestate);
  return written;
};

/** Whose clock a deadline is read by: services share one, a machine at a customer's site has its own. */
export type DeadlineClock = 'shared' | 'own';

export type ReadContext = { readonly ok: true; readonly context: RequestContext } | { readonly ok: false; readonly why: string };

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const readContext = (from: MsgHdrs | undefined, clock: DeadlineClock): ReadContext => {
  const text = from?.get(contextHeader);
  if (!from || !text) return { ok: false, why: 'a request carries its context in the header Orrery-Context' };
  const raw = parsed(text);
  if (typeof raw !== 'object' || raw === null) return { ok: false, why: 'the header Orrery-Context is no JSON object' };
  const { remainingMs, ...rest } = raw as { remainingMs?: unknown };
  const traceparent = from.get('traceparent');
  const local = clock === 'own' && typeof remainingMs === 'number' ? { deadlineAt: Date.now() + Math.ceil(remainingMs) } : {};
  const result = RequestContext.safeParse({ ...rest, ...local, ...(traceparent ? { traceparent } : {}) });
  if (!result.success) return { ok: false, why: `the header Orrery-Context: ${result.error.issues[0]?.message ?? 'is malformed'}` };
  return { ok: true, context: result.data };
};

export const carrierOf = (from: MsgHdrs | undefined): Carrier => {
  const traceparent = from?.get('traceparent');
  const tracestate = from?.get('tracestate');
  return { ...(traceparent ? { traceparent } : {}), ...(tracestate ? { tracestate } : {}) };
};
