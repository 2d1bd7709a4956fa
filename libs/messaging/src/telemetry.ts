import { context as active, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { type Context, extract, inject, metrics, SpanKind, startSpan, within } from '@orrery/telemetry';
import type { Carrier } from './headers.ts';
import type { Route } from './route.ts';

export { type Span, within };

export type RpcOutcome = 'accepted' | 'refused' | 'unavailable' | 'deadline' | 'fault' | 'shed' | 'expired' | 'cancelled';

interface RpcLabels {
  readonly service: string;
  readonly operation: string;
  readonly outcome: RpcOutcome;
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1_000;

/** How long requests took, as the asker and as the service saw it. The labels of a route are made once and frozen, so that they are known again. */
export class Instruments {
  readonly #labels = new WeakMap<Route, Map<RpcOutcome, RpcLabels>>();

  asked(route: Route, outcome: RpcOutcome, startedAt: number): void {
    metrics.rpcClient.record(secondsSince(startedAt), this.#labelsOf(route, outcome));
  }

  served(route: Route, outcome: RpcOutcome, startedAt: number): void {
    metrics.rpcServer.record(secondsSince(startedAt), this.#labelsOf(route, outcome));
  }

  #labelsOf(route: Route, outcome: RpcOutcome): RpcLabels {
    let byOutcome = this.#labels.get(route);
    if (!byOutcome) {
      byOutcome = new Map();
      this.#labels.set(route, byOutcome);
    }
    let labels = byOutcome.get(outcome);
    if (!labels) {
      labels = Object.freeze({ service: route.service, operation: route.name, outcome });
      byOutcome.set(outcome, labels);
    }
    return labels;
  }
}

const nameOf = (route: Route): string => `${route.service}.${route.name}`;

export interface ClientSpan {
  readonly span: Span;
  readonly carrier: Carrier;
}

/** Under the span that is active here, or the one that the request context names. */
export const startClientSpan = (route: Route, traceparent: string | undefined): ClientSpan => {
  const parent = trace.getSpan(active.active()) ? undefined : traceparent;
  const { span, context } = startSpan(nameOf(route), { kind: SpanKind.CLIENT, attributes: route.attributes, parent });
  return { span, carrier: inject<Carrier>({}, context) };
};

export interface ServerSpan {
  readonly span: Span;
  readonly context: Context;
  /** For what the handler does next: events, further requests. */
  readonly traceparent: string | undefined;
}

export const startServerSpan = (route: Route, carrier: Carrier, orgId: string | undefined): ServerSpan => {
  const settings = { kind: SpanKind.SERVER, attributes: route.attributes, parent: extract(carrier), orgId };
  const { span, context } = startSpan(nameOf(route), settings);
  return { span, context, traceparent: inject<Carrier>({}, context).traceparent };
};

/** A refusal is an answer, not an error of the span; a fault is. */
export const endSpan = (span: Span, outcome: RpcOutcome, error?: unknown): void => {
  span.setAttribute('outcome', outcome);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  span.end();
};
