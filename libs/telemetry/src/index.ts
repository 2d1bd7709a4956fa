export type { Attributes } from '@opentelemetry/api';
export { type Counter, counter, gauge, seconds } from './instruments.ts';
export { type ChildTold, type LateSpan, requestSpan, type SpanTold } from './late-span.ts';
export { type Log, logOf } from './logger.ts';
export { metricsText } from './meters.ts';
export { metrics } from './metrics.ts';
export { nestLog } from './nest-log.ts';
export type { Recorder } from './recorder.ts';
export { redact, redactText } from './redact.ts';
export { startTelemetry, type Telemetry } from './telemetry.ts';
export {
  type Carrier,
  type Context,
  extract,
  inject,
  orgIdNow,
  type Span,
  SpanKind,
  type SpanSettings,
  spanIdNow,
  startSpan,
  traceIdNow,
  traceparentNow,
  untraced,
  within,
  withSpan,
} from './trace.ts';
