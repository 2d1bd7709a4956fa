import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { installIdentifiers, uninstallIdentifiers } from './identifiers.ts';
import { redactText } from './redact.ts';

export { type Context, type Span, SpanKind };

/** Text headers of whatever carries a request or an event. */
export type Carrier = Record<string, string>;

export interface SpanSettings {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** A context from `extract`, or a `traceparent`. Absent: the span that is running now. */
  readonly parent?: Context | string | undefined;
  /** Spans that led here without being the parent, as `traceparent`s. */
  readonly links?: readonly string[];
  /** The organization the work is for: on the span, and on every log line within. */
  readonly orgId?: string | undefined;
}

const orgKey = createContextKey('orrery.org_id');
let installed = false;

/** The first span of a process that never called `startTelemetry`, such as a test, still gets an id. */
const ensureIdentifiers = (): void => {
  if (installed) return;
  installed = true;
  installIdentifiers();
};

/** Hands tracing over to whoever registers the three globals: the SDK. */
export const replaceIdentifiers = (install: () => void): void => {
  if (installed) uninstallIdentifiers();
  installed = true;
  install();
};

/** Writes the running span into `carrier` and gives it back. */
export const inject = <C extends Carrier>(carrier: C, from: Context = context.active()): C => {
  propagation.inject(from, carrier);
  return carrier;
};

/** The context a carrier tells of; the root context where it tells of none. */
export const extract = (carrier: Readonly<Record<string, string | undefined>>): Context => {
  ensureIdentifiers();
  return propagation.extract(ROOT_CONTEXT, carrier);
};

const contextOf = (parent: SpanSettings['parent']): Context => {
  if (parent === undefined) return context.active();
  return typeof parent === 'string' ? extract({ traceparent: parent }) : parent;
};

const spanContextNow = () => {
  const now = trace.getSpanContext(context.active());
  return now && isSpanContextValid(now) ? now : undefined;
};

/** The W3C `traceparent` of the running span, for an event's metadata or a header. */
export const traceparentNow = (): string | undefined => inject<Carrier>({}).traceparent;

/** The id a person can search for; belongs into every error body. */
export const traceIdNow = (): string | undefined => spanContextNow()?.traceId;

export const spanIdNow = (): string | undefined => spanContextNow()?.spanId;

export const orgIdNow = (): string | undefined => {
  const org = context.active().getValue(orgKey);
  return typeof org === 'string' ? org : undefined;
};

const failedIn = new WeakMap<Error, string>();

/** The trace in which an error was first seen: whoever logs it may stand outside of every span. */
export const traceIdOf = (error: Error): string | undefined => failedIn.get(error);

const fail = (span: Span, error: unknown): void => {
  if (error instanceof Error && !failedIn.has(error)) failedIn.set(error, span.spanContext().traceId);
  const message = redactText(error instanceof Error ? error.message : String(error));
  const stack = error instanceof Error && error.stack !== undefined ? { stack: redactText(error.stack) } : {};
  span.recordException(error instanceof Error ? { name: error.name, message, ...stack } : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
};

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

const linkOf = (traceparent: string) => {
  const linked = trace.getSpanContext(extract({ traceparent }));
  return linked ? [{ context: linked }] : [];
};

const none: readonly string[] = [];

/** Starts a span that the caller ends. Prefer `withSpan`; this is for work that outlives its function, such as a stream. */
export const startSpan = (name: string, settings: SpanSettings = {}): { readonly span: Span; readonly context: Context } => {
  ensureIdentifiers();
  const parent = contextOf(settings.parent);
  const { kind = SpanKind.INTERNAL, attributes = {}, links = none, orgId } = settings;
  const span = trace.getTracer('orrery').startSpan(name, { kind, attributes, links: links.flatMap(linkOf) }, parent);
  // Not copied in among the attributes: where nobody collects spans that would be the dearest part of one.
  if (orgId && span.isRecording()) span.setAttribute('orrery.org_id', orgId);
  const within = trace.setSpan(orgId ? parent.setValue(orgKey, orgId) : parent, span);
  return { span, context: within };
};

/** Runs `work` inside a span that ends with it; a throw marks the span as failed and goes on. A refusal is no failure. */
export const withSpan = <T>(name: string, settings: SpanSettings, work: (span: Span) => T): T => {
  const { span, context: within } = startSpan(name, settings);
  return context.with(within, () => {
    let result: T;
    try {
      result = work(span);
    } catch (error) {
      fail(span, error);
      span.end();
      throw error;
    }
    if (!isPromise(result)) {
      span.end();
      return result;
    }
    const settled = result.then(
      (value: unknown) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        fail(span, error);
        span.end();
        throw error;
      },
    );
    // `settled` resolves to what `result` resolves to, so it is a T too.
    return settled as T;
  });
};

/** Runs `work` as part of nobody's trace: for what happens so often that a span of it tells less than it costs. */
export const untraced = <T>(work: () => T): T => context.with(ROOT_CONTEXT, work);

/** Runs `work` with another context active, for example from `startSpan`. */
export const within = <T>(active: Context, work: () => T): T => context.with(active, work);
