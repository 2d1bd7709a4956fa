import { type Principal, RequestContext } from '@orrery/contracts';
import { headers, type MsgHdrs } from 'nats';
import { readPrincipal, writePrincipal } from './principals.ts';

const contextHeader = 'Orrery-Context';
const streamHeader = 'Orrery-Stream';

/** What carries a trace, in the words of W3C. The first travels in the context, the others, rare, in headers of their own. */
export type Carrier = Record<string, string>;
const otherTraceHeaders = new Set(['tracestate', 'baggage']);
const traceparentShape = /^[\da-f-]{55}$/;
const oneLine = /^[\x20-\x7e]*$/;

export interface Sent {
  readonly context: RequestContext;
  readonly deadlineAt: number;
  readonly carrier: Carrier;
  /** Where the items of a stream go. */
  readonly reading: string | undefined;
  /** One of the two ends is a machine with a clock of its own. */
  readonly isAfield: boolean;
}

/** The caller comes last, so that it can be told from the rest before either is read. */
const callerKey = ',"principal":';

type Rest = Omit<RequestContext, 'principal'>;
/** Every field, so that the compiler tells when one is missing. */
type WholeRest = { readonly [K in keyof Required<Rest>]: Rest[K] | undefined };

/**
 * The context and the trace of a request, written in one go: the client's own header type checks and copies each value several
 * times. JSON escapes every line end, and what else is written is one line, so that no value can add a header.
 */
export const writeHeaders = ({ context, deadlineAt, carrier, reading, isAfield }: Sent): string => {
  const { orgId, spaceId, commandId, idempotent, correlationId, causationId, origin } = context;
  const traceparent = traceparentShape.test(carrier.traceparent ?? '') ? carrier.traceparent : context.traceparent;
  const rest: WholeRest = { orgId, spaceId, commandId, idempotent, correlationId, causationId, deadlineAt, traceparent, origin };
  const remaining = isAfield ? `,"remainingMs":${Math.max(1, Math.ceil(deadlineAt - Date.now()))}` : '';
  const json = `${JSON.stringify(rest).slice(0, -1)}${remaining}${callerKey}${writePrincipal(context.principal)}}`;
  let text = `NATS/1.0\r\n${contextHeader}: ${json}\r\n`;
  for (const name in carrier) {
    const value = carrier[name] ?? '';
    if (otherTraceHeaders.has(name) && oneLine.test(value)) text += `${name}: ${value}\r\n`;
  }
  if (reading !== undefined) text += `${streamHeader}: ${reading}\r\n`;
  return `${text}\r\n`;
};

const sheet = Object.assign(headers(), {
  text: '',
  encode(): Buffer {
    return Buffer.from(this.text, 'utf8');
  },
});

/** What `writeHeaders` wrote, for the client to publish now: it asks headers for their bytes at once and forgets them, so one sheet is enough. */
export const onSheet = (text: string): typeof sheet => {
  sheet.text = text;
  return sheet;
};

/** Whose clock a deadline is read by: services share one, a machine at a customer's site has its own. */
export type DeadlineClock = 'shared' | 'own';

export type Received =
  | { readonly ok: true; readonly context: RequestContext; readonly carrier: Carrier; readonly reading: string | undefined }
  | { readonly ok: false; readonly why: string };

type Raw = Record<string, unknown>;

const objectIn = (text: string): Raw | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    // An array would not pass the schema either.
    return typeof value === 'object' && value !== null ? (value as Raw) : undefined;
  } catch {
    return undefined;
  }
};

const RestOfContext = RequestContext.omit({ principal: true });

const judged = (raw: Raw, principal: Principal | undefined) => {
  if (!principal) return RequestContext.safeParse(raw);
  const rest = RestOfContext.safeParse(raw);
  return rest.success ? { success: true as const, data: Object.assign(rest.data, { principal }) } : rest;
};

/** A text in which the caller does not come last is read whole. */
const readContext = (text: string, clock: DeadlineClock): RequestContext | string => {
  const cut = text.endsWith('}') ? text.indexOf(callerKey) : -1;
  const principal = cut > 0 ? readPrincipal(text.slice(cut + callerKey.length, -1)) : undefined;
  const raw = objectIn(principal ? `${text.slice(0, cut)}}` : text);
  if (!raw) return `the header ${contextHeader} is no JSON object`;
  if ('remainingMs' in raw) {
    if (clock === 'own' && typeof raw.remainingMs === 'number') raw.deadlineAt = Date.now() + raw.remainingMs;
    delete raw.remainingMs;
  }
  const result = judged(raw, principal);
  return result.success ? result.data : `the header ${contextHeader}: ${result.error.issues[0]?.message ?? 'is malformed'}`;
};

export const readHeaders = (from: MsgHdrs | undefined, clock: DeadlineClock): Received => {
  const carrier: Carrier = {};
  let text = '';
  let reading: string | undefined;
  for (const [name, values] of from ?? []) {
    const value = values[0] ?? '';
    if (name === contextHeader) text = value;
    else if (name === streamHeader) reading = value;
    else if (otherTraceHeaders.has(name)) carrier[name] = value;
  }
  if (text === '') return { ok: false, why: `a request carries its context in the header ${contextHeader}` };
  const context = readContext(text, clock);
  if (typeof context === 'string') return { ok: false, why: context };
  if (context.traceparent !== undefined) carrier.traceparent = context.traceparent;
  return { ok: true, context, carrier, reading };
};
