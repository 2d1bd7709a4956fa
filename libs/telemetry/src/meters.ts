import { type Meter, metrics } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider, MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { ownMetrics } from './own-metrics.ts';
import { type TelemetryConfig, telemetryConfig } from './telemetry.config.ts';

/** Read when someone asks, not on a timer. */
class PullReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

interface Meters {
  readonly provider: MeterProvider;
  readonly reader: PullReader;
}

let meters: Meters | undefined;
const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);

const pushReader = async ({ metricsProtocol }: TelemetryConfig): Promise<IMetricReader> => {
  const { OTLPMetricExporter } =
    metricsProtocol === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  const exportIntervalMillis = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL) || 30_000;
  const exportTimeoutMillis = Math.min(Number(process.env.OTEL_METRIC_EXPORT_TIMEOUT) || 10_000, exportIntervalMillis);
  const exporter = new OTLPMetricExporter();
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis, metricProducers: [ownMetrics] });
};

const create = (config: TelemetryConfig, readers: readonly IMetricReader[]): Meters => {
  const reader = new PullReader({ metricProducers: [ownMetrics] });
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': config.service }));
  const provider = new MeterProvider({ resource, readers: [reader, ...readers] });
  metrics.setGlobalMeterProvider(provider);
  return { provider, reader };
};

/** The process's own instruments; made on first use where `startTelemetry` was never called. */
export const meter = (): Meter => {
  meters ??= create(telemetryConfig(), []);
  return meters.provider.getMeter('orrery');
};

export const startMeters = async (config: TelemetryConfig): Promise<void> => {
  meters ??= create(config, config.metrics ? [await pushReader(config)] : []);
};

export const stopMeters = async (): Promise<void> => {
  await meters?.provider.shutdown();
};

/** What `/metrics` answers: the same instruments that OTLP exports, in Prometheus's text format. */
export const metricsText = async (): Promise<string> => {
  meter();
  if (!meters) return '';
  const { resourceMetrics, errors } = await meters.reader.collect();
  if (errors.length > 0) throw new AggregateError(errors, 'some metrics could not be read');
  return `${serializer.serialize(resourceMetrics)}\n`;
};
