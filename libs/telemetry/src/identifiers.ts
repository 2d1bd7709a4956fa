import { randomFillSync } from 'node:crypto';
import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { ContextKeeper } from './context-keeper.ts';

const pool = Buffer.alloc(4096);
let used = pool.length;

export const randomHex = (bytes: number): string => {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
};

/** Ids without recording: what a process needs of tracing when nobody collects its spans. */
const identify = (parent: SpanContext | undefined): SpanContext =>
  parent && isSpanContextValid(parent)
    ? { ...parent, spanId: randomHex(8), isRemote: false }
    : // Sampled, so that a process further on that does export keeps the trace.
      { traceId: randomHex(16), spanId: randomHex(8), traceFlags: TraceFlags.SAMPLED };

class IdentifyingTracer implements Tracer {
  startSpan(_name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
    return trace.wrapSpanContext(identify(options.root ? undefined : trace.getSpanContext(parent)));
  }

  startActiveSpan<F extends (span: Span) => ReturnType<F>>(name: string, ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]) {
    const [options, parent, work] =
      rest.length === 1 ? [{}, context.active(), rest[0]] : rest.length === 2 ? [rest[0], context.active(), rest[1]] : rest;
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), work, undefined, span);
  }
}

const tracer = new IdentifyingTracer();
const identifying: TracerProvider = { getTracer: () => tracer };

/** Gives every span a real id, at the price of eight random bytes. */
export const installIdentifyingTracer = (): void => {
  trace.setGlobalTracerProvider(identifying);
};

/** The same, and carries it along through promises and headers. */
export const installIdentifiers = (): void => {
  context.setGlobalContextManager(new ContextKeeper().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  installIdentifyingTracer();
};

/** Makes room for the SDK, which registers the same three. */
export const uninstallIdentifiers = (): void => {
  context.disable();
  propagation.disable();
  trace.disable();
};
