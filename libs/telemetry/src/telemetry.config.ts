/** What the standard `OTEL_*` variables ask for, signal by signal. */
export interface TelemetryConfig {
  readonly service: string;
  readonly traces: boolean;
  /** All of them are sent, as protobuf over HTTP: what is asked for where nothing else is said. */
  readonly areTracesPlain: boolean;
  readonly metrics: boolean;
  readonly logs: boolean;
  /** The exporters' own reading of the protocol covers the rest of the standard. */
  readonly metricsProtocol: 'http/protobuf' | 'http/json';
  readonly logLevel: string;
  readonly pretty: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Signal = 'TRACES' | 'METRICS' | 'LOGS';

const isExported = (env: Environment, signal: Signal): boolean => {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  if (env[`OTEL_${signal}_EXPORTER`] === 'none') return false;
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]);
};

/** How much of a span may be said. */
const spanLimits = ['VALUE_LENGTH', 'COUNT'].flatMap((what) => [`OTEL_ATTRIBUTE_${what}_LIMIT`, `OTEL_SPAN_ATTRIBUTE_${what}_LIMIT`]);

const areTracesPlain = (env: Environment): boolean =>
  ['', 'otlp'].includes(env.OTEL_TRACES_EXPORTER ?? '') &&
  ['', 'http/protobuf'].includes(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || '') &&
  ['', 'parentbased_always_on'].includes(env.OTEL_TRACES_SAMPLER ?? '') &&
  !env.OTEL_PROPAGATORS &&
  !env.OTEL_NODE_RESOURCE_DETECTORS &&
  spanLimits.every((name) => !env[name]);

/** `services/execution/dist/main.js` runs `execution`. */
const nameOfProgram = (program: string | undefined): string => /([\w-]+)\/(?:dist|src|bin)\/[\w.-]+$/.exec(program ?? '')?.[1] ?? 'orrery';

/** A level that is none is the business of the configuration of the process, which can say so only if there is a log. */
const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export const telemetryConfigOf = (env: Environment, program?: string): TelemetryConfig => ({
  service: env.OTEL_SERVICE_NAME || nameOfProgram(program),
  traces: isExported(env, 'TRACES'),
  areTracesPlain: areTracesPlain(env),
  metrics: isExported(env, 'METRICS'),
  logs: isExported(env, 'LOGS'),
  metricsProtocol:
    (env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL) === 'http/json' ? 'http/json' : 'http/protobuf',
  logLevel: levels.find((level) => level === env.ORRERY_LOG_LEVEL) ?? (env.NODE_ENV === 'test' ? 'silent' : 'info'),
  pretty: env.ORRERY_LOG_FORMAT === 'pretty',
});

export const telemetryConfig = (): TelemetryConfig => telemetryConfigOf(process.env, process.argv[1]);
