import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';
import { randomHex } from './identifiers.ts';
import type { OverSpan } from './span-bytes.ts';
import { extract, startSpan } from './trace.ts';

/** What there is to say of a span when it is over. */
export interface SpanTold {
  readonly attributes: Attributes;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly hasFailed: boolean;
}

export interface ChildTold extends SpanTold {
  readonly name: string;
  readonly kind: SpanKind;
}

/** A span of a request that is ids until it is over, and is told of once. */
export interface LateSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** For whoever goes on in its trace. */
  readonly traceparent: string;
  /** Of its trace, for work that is to be part of it. */
  readonly context: Context;
  /** Whether anybody hears what is told of it. */
  readonly isTold: boolean;
  end(told: SpanTold): void;
  /** Of a part of it that is over already. */
  child(told: ChildTold): void;
}

/** The headers of a request that name its trace. */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

type Collect = (span: OverSpan) => void;
let collect: Collect | undefined;
let isLeftToSdk = false;

/** Where spans go that are over; undefined: nowhere. */
export const collectLateSpans = (into: Collect | undefined): void => {
  collect = into;
};

/** For when spans are to be sent in ways, or chosen by rules, that only the SDK knows. */
export const leaveLateSpansToSdk = (): void => {
  isLeftToSdk = true;
};

const parentOf = ({ traceparent }: TraceHeaders): SpanContext | undefined => {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent && isSpanContextValid(parent) ? parent : undefined;
};

/** On the way of every request an object that gathers attributes and events meanwhile was a seventh of what the request cost: this is told as bytes. */
class OwnSpan implements LateSpan {
  readonly #name: string;
  readonly #parent: SpanContext | undefined;
  readonly #tracestate: string | undefined;
  readonly #flags: number;
  readonly traceId: string;
  readonly spanId: string;

  constructor(name: string, headers: TraceHeaders) {
    const parent = parentOf(headers);
    this.#name = name;
    this.#parent = parent;
    this.#tracestate = parent === undefined ? undefined : headers.tracestate;
    // Sampled, so that a process further on that does export keeps the trace.
    this.#flags = parent === undefined ? TraceFlags.SAMPLED : parent.traceFlags;
    this.traceId = parent === undefined ? randomHex(16) : parent.traceId;
    this.spanId = randomHex(8);
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.#flags.toString(16).padStart(2, '0')}`;
  }

  get context(): Context {
    const { traceId, spanId } = this;
    const traceState = this.#tracestate === undefined ? {} : { traceState: new TraceState(this.#tracestate) };
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: this.#flags, ...traceState });
  }

  get isTold(): boolean {
    return collect !== undefined && (this.#flags & TraceFlags.SAMPLED) !== 0;
  }

  end(told: SpanTold): void {
    const parent = this.#parent;
    if (this.isTold) this.#tell({ ...told, name: this.#name, kind: SpanKind.SERVER }, this.spanId, parent?.spanId);
  }

  child(told: ChildTold): void {
    if (this.isTold) this.#tell(told, randomHex(8), this.spanId);
  }

  #tell(told: ChildTold, spanId: string, parentSpanId: string | undefined): void {
    collect?.({
      name: told.name,
      kind: told.kind,
      traceId: this.traceId,
      spanId,
      traceFlags: this.#flags,
      traceState: this.#tracestate,
      parentSpanId,
      // What a request's own span stands below came in its headers.
      isParentRemote: parentSpanId !== undefined && parentSpanId !== this.spanId,
      attributes: told.attributes,
      startedAt: told.startedAt,
      endedAt: told.endedAt,
      hasFailed: told.hasFailed,
    });
  }
}

class SdkSpan implements LateSpan {
  readonly #span: Span;
  readonly context: Context;

  constructor(name: string, { traceparent, tracestate }: TraceHeaders) {
    const { span, context } = startSpan(name, { kind: SpanKind.SERVER, parent: extract({ traceparent, tracestate }) });
    this.#span = span;
    this.context = context;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  get isTold(): boolean {
    return this.#span.isRecording();
  }

  end({ attributes, endedAt, hasFailed }: SpanTold): void {
    this.#span.setAttributes(attributes);
    if (hasFailed) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end(endedAt);
  }

  child({ name, kind, attributes, startedAt, endedAt, hasFailed }: ChildTold): void {
    if (!this.isTold) return;
    const span = trace.getTracer('orrery').startSpan(name, { kind, attributes, startTime: startedAt }, this.context);
    if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endedAt);
  }
}

/** Of a request that came in: in the trace that its headers name, or in one of its own. */
export const requestSpan = (name: string, headers: TraceHeaders): LateSpan =>
  isLeftToSdk ? new SdkSpan(name, headers) : new OwnSpan(name, headers);
