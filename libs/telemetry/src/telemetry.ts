import { createRequire, syncBuiltinESMExports } from 'node:module';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  processDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { ContextKeeper } from './context-keeper.ts';
import { installIdentifiers, installIdentifyingTracer } from './identifiers.ts';
import { collectLateSpans, leaveLateSpansToSdk } from './late-span.ts';
import { exportLogs, homeService, logOf } from './logger.ts';
import { startMeters, stopMeters } from './meters.ts';
import { observeProcess } from './process-metrics.ts';
import { sendSpans } from './send-spans.ts';
import { type TelemetryConfig, telemetryConfig } from './telemetry.config.ts';
import { replaceIdentifiers } from './trace.ts';

export interface Telemetry {
  /** Sends what is still held and stops; bounded by the exporters' own time-outs. */
  readonly stop: () => Promise<void>;
}

/** Complaints of the exporters, each kind at most once a minute: a collector that is down must not fill the log. */
const watchExporters = (): void => {
  const log = logOf(homeService);
  const lastAt = new Map<string, number>();
  const say = (level: 'warn' | 'error', message: string): void => {
    const kind = message.slice(0, 60);
    const now = Date.now();
    if (now - (lastAt.get(kind) ?? 0) < 60_000) return;
    lastAt.set(kind, now);
    log[level]({ detail: message.slice(0, 500) }, 'telemetry could not be exported');
  };
  const silent = (): void => {};
  const logger = {
    error: (message: string) => say('error', message),
    warn: (message: string) => say('warn', message),
    info: silent,
    debug: silent,
    verbose: silent,
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
};

/** What is said of the process with everything that it sends. */
const resourceOf = ({ service }: TelemetryConfig): Resource =>
  defaultResource()
    .merge(detectResources({ detectors: [envDetector, processDetector, hostDetector] }))
    .merge(resourceFromAttributes({ 'service.name': service }));

/** Spans of requests, past the SDK where it would send them no other way. */
const startLateSpans = async ({ traces, areTracesPlain }: TelemetryConfig, resource: Resource): Promise<() => Promise<void>> => {
  if (!traces) return async () => {};
  if (!areTracesPlain) {
    leaveLateSpansToSdk();
    return async () => {};
  }
  const sender = await sendSpans(resource);
  collectLateSpans((span) => sender.add(span));
  return async () => {
    collectLateSpans(undefined);
    await sender.stop();
  };
};

/** The whole SDK, loaded only by a process that exports: it costs 30 MB. */
const startExport = async (config: TelemetryConfig): Promise<() => Promise<void>> => {
  const [{ NodeSDK }, { HttpInstrumentation }, { PgInstrumentation }, { IORedisInstrumentation }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
    import('@opentelemetry/instrumentation-ioredis'),
  ]);
  const resource = resourceOf(config);
  const stopLateSpans = await startLateSpans(config, resource);
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    contextManager: new ContextKeeper().enable(),
    metricReaders: [],
    ...(config.traces ? {} : { spanProcessors: [] }),
    ...(config.logs ? {} : { logRecordProcessors: [] }),
    instrumentations: [
      // Requests that come in get their span from the gateway, which knows the operation.
      new HttpInstrumentation({ disableIncomingRequestInstrumentation: true, requireParentforOutgoingSpans: true }),
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  });
  replaceIdentifiers(() => {
    sdk.start();
    // Built-in modules are instrumented when they are required; who imported names of them sees it only after this.
    for (const name of ['http', 'https']) createRequire(process.execPath)(name);
    syncBuiltinESMExports();
    if (!config.traces) installIdentifyingTracer();
  });
  exportLogs(config.logs);
  return async () => {
    exportLogs(false);
    await Promise.all([stopLateSpans(), sdk.shutdown()]);
  };
};

const start = async (): Promise<Telemetry> => {
  const config = telemetryConfig();
  await startMeters(config);
  observeProcess();
  if (config.traces || config.metrics || config.logs) watchExporters();
  let stopExport = async (): Promise<void> => {};
  if (config.traces || config.logs) stopExport = await startExport(config);
  else replaceIdentifiers(installIdentifiers);
  return {
    stop: async () => {
      await Promise.allSettled([stopExport(), stopMeters()]);
    },
  };
};

let started: Promise<Telemetry> | undefined;

/**
 * Starts what the `OTEL_*` variables ask for, once per process. With no endpoint nothing leaves the process, and spans still have ids.
 * Spans of the drivers need this before the drivers are loaded: `node --import @orrery/telemetry/start`.
 */
export const startTelemetry = (): Promise<Telemetry> => {
  started ??= start();
  return started;
};
