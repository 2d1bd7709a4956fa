import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  isSpanContextValid,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Carrier } from './headers.ts';
import type { Route } from './route.ts';

export type RpcOutcome = 'accepted' | 'refused' | 'unavailable' | 'deadline' | 'fault' | 'shed' | 'expired' | 'cancelled';

const scope = '@orrery/messaging';
const tracer = trace.getTracer(scope);
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const histogram = (name: string, description: string): Histogram =>
  metrics.getMeter(scope).createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: buckets } });

/** The meters are taken when the first connection is made: the metrics API has no proxy that waits for an SDK. */
export class Instruments {
  readonly #client = histogram('rpc.client.duration', 'From asking to the answer, by operation and outcome');
  readonly #server = histogram('rpc.server.duration', 'From arrival to the answer, by operation and outcome');
  readonly #attributes = new WeakMap<Route, Map<RpcOutcome, Attributes>>();

  asked(route: Route, outcome: RpcOutcome, startedAt: number): void {
    this.#client.record((performance.now() - startedAt) / 1_000, this.#attributesOf(route, outcome));
  }

  served(route: Route, outcome: RpcOutcome, startedAt: number): void {
    this.#server.record((performance.now() - startedAt) / 1_000, this.#attributesOf(route, outcome));
  }

  #attributesOf(route: Route, outcome: RpcOutcome): Attributes {
    let byOutcome = this.#attributes.get(route);
    if (!byOutcome) {
      byOutcome = new Map();
      this.#attributes.set(route, byOutcome);
    }
    let attributes = byOutcome.get(outcome);
    if (!attributes) {
      attributes = { ...route.attributes, outcome };
      byOutcome.set(outcome, attributes);
    }
    return attributes;
  }
}

/** The span that is active here, or the one that the request context names. */
const parentOf = (traceparent: string | undefined): Context => {
  const active = context.active();
  if (traceparent === undefined || trace.getSpan(active)) return active;
  return propagation.extract(active, { traceparent });
};

export interface ClientSpan {
  readonly span: Span;
  readonly carrier: Carrier;
}

export const startClientSpan = (route: Route, traceparent: string | undefined): ClientSpan => {
  const parent = parentOf(traceparent);
  const span = tracer.startSpan(`${route.service}.${route.name}`, { kind: SpanKind.CLIENT, attributes: route.attributes }, parent);
  const carrier: Carrier = {};
  propagation.inject(trace.setSpan(parent, span), carrier);
  return { span, carrier };
};

export interface ServerSpan {
  readonly span: Span;
  readonly context: Context;
  /** For what the handler does next: events, further requests. Undefined when nothing records traces. */
  readonly traceparent: string | undefined;
}

export const startServerSpan = (route: Route, carrier: Carrier): ServerSpan => {
  const parent = propagation.extract(context.active(), carrier);
  const span = tracer.startSpan(`${route.service}.${route.name}`, { kind: SpanKind.SERVER, attributes: route.attributes }, parent);
  const spanContext = span.spanContext();
  const traceparent = isSpanContextValid(spanContext)
    ? `00-${spanContext.traceId}-${spanContext.spanId}-${spanContext.traceFlags.toString(16).padStart(2, '0')}`
    : undefined;
  return { span, context: trace.setSpan(parent, span), traceparent };
};

export const within = <T>(spanned: Context, work: () => T): T => context.with(spanned, work);

/** A refusal is an answer, not an error of the span; a fault is. */
export const endSpan = (span: Span, outcome: RpcOutcome, error?: unknown): void => {
  span.setAttribute('outcome', outcome);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  span.end();
};
