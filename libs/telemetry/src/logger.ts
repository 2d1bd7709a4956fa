import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import pino from 'pino';
import { prettyOf } from './pretty.ts';
import { redact, redactText } from './redact.ts';
import { telemetryConfig } from './telemetry.config.ts';
import { orgIdNow, spanIdNow, traceIdNow, traceIdOf } from './trace.ts';

/** Structured first, sentence second: `log.info({ runId }, 'placed')`. */
export type Log = Pick<pino.Logger, 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'>;

const severities: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

const causeLimit = 4;

const present = (fields: Record<string, string | undefined>) => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
};

/** Class, message, code, trace, stack and cause of an error; no other field, since drivers hang parameters on theirs. */
const errorFields = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause !== undefined && depth < causeLimit ? { cause: errorFields(error.cause, depth + 1) } : {};
  const errors =
    error instanceof AggregateError && depth < causeLimit
      ? { errors: error.errors.slice(0, 5).map((each) => errorFields(each, depth + 1)) }
      : {};
  return {
    type: error.name,
    message: error.message,
    ...code,
    ...present({ trace_id: traceIdOf(error) }),
    stack: error.stack,
    ...errors,
    ...cause,
  };
};

const contextFields = () => present({ trace_id: traceIdNow(), span_id: spanIdNow(), org_id: orgIdNow() });

let isExporting = false;

/** Whether lines also go out over OTLP: from the start of the SDK to its end. */
export const exportLogs = (on: boolean): void => {
  isExporting = on;
};

/** The exporters' own complaints stay here: exporting them would feed what they complain about. */
export const homeService = 'telemetry';

const emit = (line: string): void => {
  const { time, level, msg, service, trace_id: _trace, span_id: _span, ...attributes } = JSON.parse(line);
  if (service === homeService) return;
  // The SDK takes trace and span from the active context, which is still the caller's.
  logs.getLogger(service ?? 'orrery').emit({
    timestamp: Date.parse(time),
    severityNumber: severities[level] ?? SeverityNumber.INFO,
    severityText: level,
    body: msg,
    attributes: { ...attributes, ...(service ? { 'orrery.service': service } : {}) },
  });
};

export interface LogSettings {
  readonly level: string;
  readonly pretty: boolean;
  readonly write: (line: string) => void;
}

const stdout = (): ((line: string) => void) => {
  // Synchronous: the last line before an exit is the one that matters.
  const destination = pino.destination({ fd: 1, sync: true });
  return (line) => destination.write(line);
};

const settingsNow = (): LogSettings => {
  const { logLevel, pretty } = telemetryConfig();
  return { level: logLevel, pretty, write: stdout() };
};

export const createLog = ({ level, pretty, write }: LogSettings): pino.Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: errorFields, error: errorFields, reason: errorFields },
      mixin: contextFields,
    },
    {
      write: (raw) => {
        const line = redactText(raw);
        write(pretty ? prettyOf(line) : line);
        if (isExporting) emit(line);
      },
    },
  );

let root: pino.Logger | undefined;
const children = new Map<string, Log>();

/** The log of one service; one JSON object a line on stdout, with trace, span and organization of the moment. */
export const logOf = (service: string): Log => {
  let log = children.get(service);
  if (!log) {
    root ??= createLog(settingsNow());
    log = root.child({ service });
    children.set(service, log);
  }
  return log;
};
