import type { Resource } from '@opentelemetry/resources';
import { SpanSender } from './span-sender.ts';

const numberIn = (name: string, standard: number): number => Number(process.env[name]) || standard;

/** What the standard variables ask for of spans on their way out, where they say nothing else than OTLP as protobuf of every span. */
export const sendSpans = async (resource: Resource): Promise<SpanSender> => {
  const [{ convertLegacyHttpOptions, createOtlpHttpExportDelegate }, { ProtobufTraceSerializer }] = await Promise.all([
    import('@opentelemetry/otlp-exporter-base/node-http'),
    import('@opentelemetry/otlp-transformer'),
  ]);
  const options = convertLegacyHttpOptions({}, 'TRACES', 'v1/traces', { 'Content-Type': 'application/x-protobuf' });
  const serializer = {
    serializeRequest: (request: Uint8Array) => request,
    deserializeResponse: (answer: Uint8Array) => ProtobufTraceSerializer.deserializeResponse(answer),
  };
  const counted = { name: 'span' as const, countItems: () => 0 };
  const most = numberIn('OTEL_BSP_MAX_QUEUE_SIZE', 2_048);
  return new SpanSender({
    delegate: createOtlpHttpExportDelegate(options, serializer, 'otlp_http_span_exporter', counted, undefined),
    resource,
    everyMs: numberIn('OTEL_BSP_SCHEDULE_DELAY', 5_000),
    batch: Math.min(numberIn('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512), most),
    most,
  });
};
