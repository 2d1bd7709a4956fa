import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { logs as exported, SeverityNumber } from '@opentelemetry/api-logs';
import sonicBoom from 'sonic-boom';
import { prettyOf } from './pretty.ts';
import { clean, redact, redactText } from './redact.ts';
import { telemetryConfig } from './telemetry.config.ts';
import { orgIdNow, spanIdNow, traceIdNow, traceIdOf } from './trace.ts';

type Fields = object;

/** Structured first, sentence second: `log.info({ runId }, 'placed')`. */
export interface Say {
  (fields: Fields, sentence?: string): void;
  (sentence: string): void;
}

/** From the least to the worst. */
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
type Level = (typeof levels)[number];
const order: readonly string[] = levels;

export type Log = Readonly<Record<Level, Say>>;

const severities: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** Under these names errors are told whole. */
const errorNames = ['err', 'error', 'reason'];
const none: Fields = {};
/** Characters of lines that wait for the end of the turn. */
const mostGathered = 65_536;
/** Of lines that nobody takes; what comes then is dropped. */
const mostUntaken = 16_777_216;

const causeLimit = 4;

const present = (fields: Record<string, string | undefined>) => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
};

/** Class, message, code, trace, stack and cause of an error; no other field, since drivers hang parameters on theirs. */
const errorFields = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return clean(error);
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

let isExporting = false;

/** Whether lines also go out over OTLP: from the start of the SDK to its end. */
export const exportLogs = (on: boolean): void => {
  isExporting = on;
};

/** The exporters' own complaints stay here: exporting them would feed what they complain about. */
export const homeService = 'telemetry';

/** What is told of a request is told outside of its span, and names it: the SDK takes trace and span from a context alone. */
const contextOf = (traceId: unknown, spanId: unknown): { readonly context?: Context } => {
  if (typeof traceId !== 'string' || typeof spanId !== 'string' || spanId === spanIdNow()) return {};
  return { context: trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }) };
};

const emit = (line: string): void => {
  const { time, level, msg, service, trace_id: traceId, span_id: spanId, ...attributes } = JSON.parse(line);
  if (service === homeService) return;
  exported.getLogger(service ?? 'orrery').emit({
    timestamp: Date.parse(time),
    severityNumber: severities[level] ?? SeverityNumber.INFO,
    severityText: level,
    body: msg,
    attributes: { ...attributes, ...(service ? { 'orrery.service': service } : {}) },
    ...contextOf(traceId, spanId),
  });
};

export interface LogSettings {
  readonly level: string;
  readonly pretty: boolean;
  /** `isUrgent`: not to be kept waiting for others. */
  readonly write: (line: string, isUrgent: boolean) => void;
}

/** Lines of one turn of the loop go out in one write, and at once where one is a warning, or the process ends. */
const stdout = (): LogSettings['write'] => {
  // Synchronous: the last line before an exit is the one that matters.
  const destination = new sonicBoom.SonicBoom({ fd: 1, sync: true, maxLength: mostUntaken });
  // Who read them may be gone, or their disk full: the process goes on, and tries again with the next line.
  destination.on('error', () => undefined);
  let gathered = '';
  const flush = (): void => {
    const lines = gathered;
    gathered = '';
    if (lines !== '') destination.write(lines);
  };
  process.on('exit', flush);
  return (line, isUrgent) => {
    if (gathered === '' && !isUrgent) setImmediate(flush);
    gathered += line;
    if (isUrgent || gathered.length > mostGathered) flush();
  };
};

const settingsNow = (): LogSettings => {
  const { logLevel, pretty } = telemetryConfig();
  return { level: logLevel, pretty, write: stdout() };
};

/** What is known without being said, unless it is said. */
const surroundings = (fields: Fields): string => {
  if ('trace_id' in fields) return '';
  const [traceId, spanId, orgId] = [traceIdNow(), spanIdNow(), orgIdNow()];
  const trace = traceId === undefined ? '' : `,"trace_id":"${traceId}","span_id":"${spanId}"`;
  return orgId === undefined || 'org_id' in fields ? trace : `${trace},"org_id":${JSON.stringify(orgId)}`;
};

const textOf = (fields: Fields): string => {
  const told = redact(fields);
  for (const name of errorNames) if (told[name] instanceof Error) told[name] = errorFields(told[name]);
  const text = JSON.stringify(told);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
};

const saidIn = (first: Fields | string, second: string | undefined): { readonly fields: Fields; readonly sentence: string | undefined } => {
  if (typeof first === 'string') return { fields: none, sentence: first };
  return first instanceof Error ? { fields: { err: first }, sentence: second ?? first.message } : { fields: first, sentence: second };
};

/** The log of one service. */
export const createLog = ({ level: least, pretty, write }: LogSettings, service: string): Log => {
  const from = order.indexOf(least);
  const named = `","service":${JSON.stringify(service)}`;
  const sayAt = (level: Level): Say => {
    if (from === -1 || order.indexOf(level) < from) return () => undefined;
    const head = `{"level":"${level}","time":"`;
    const isUrgent = order.indexOf(level) >= order.indexOf('warn');
    return (first: Fields | string, second?: string) => {
      const { fields, sentence } = saidIn(first, second);
      const said = sentence === undefined ? '' : `,"msg":${JSON.stringify(sentence)}`;
      const line = redactText(`${head}${new Date().toISOString()}${named}${surroundings(fields)}${textOf(fields)}${said}}\n`);
      write(pretty ? prettyOf(line) : line, isUrgent);
      if (isExporting) emit(line);
    };
  };
  return {
    fatal: sayAt('fatal'),
    error: sayAt('error'),
    warn: sayAt('warn'),
    info: sayAt('info'),
    debug: sayAt('debug'),
    trace: sayAt('trace'),
  };
};

let settings: LogSettings | undefined;
const logs = new Map<string, Log>();

/** The log of one service; one JSON object a line on stdout, with trace, span and organization of the moment. */
export const logOf = (service: string): Log => {
  let log = logs.get(service);
  if (!log) {
    settings ??= settingsNow();
    log = createLog(settings, service);
    logs.set(service, log);
  }
  return log;
};
