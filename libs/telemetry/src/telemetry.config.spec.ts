import { telemetryConfigOf } from './telemetry.config.ts';

describe('the telemetry configuration', () => {
  it('exports nothing where no endpoint is named', () => {
    expect(telemetryConfigOf({})).toMatchObject({ traces: false, metrics: false, logs: false });
  });

  it('exports every signal to the common endpoint', () => {
    expect(telemetryConfigOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' })).toMatchObject({ traces: true, metrics: true, logs: true });
  });

  it('exports only the signal whose endpoint is named', () => {
    const config = telemetryConfigOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/v1/traces' });
    expect(config).toMatchObject({ traces: true, metrics: false, logs: false });
  });

  it('heeds the standard switches', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' };
    expect(telemetryConfigOf({ ...endpoint, OTEL_LOGS_EXPORTER: 'none' })).toMatchObject({ traces: true, logs: false });
    expect(telemetryConfigOf({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toMatchObject({ traces: false, metrics: false, logs: false });
  });

  it('speaks protobuf unless told to speak JSON', () => {
    expect(telemetryConfigOf({}).metricsProtocol).toBe('http/protobuf');
    expect(telemetryConfigOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }).metricsProtocol).toBe('http/json');
    expect(
      telemetryConfigOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf' }).metricsProtocol,
    ).toBe('http/protobuf');
  });

  it('logs at the usual level where the wanted one is none', () => {
    expect(telemetryConfigOf({ ORRERY_LOG_LEVEL: 'debug' }).logLevel).toBe('debug');
    expect(telemetryConfigOf({ ORRERY_LOG_LEVEL: 'loud' }).logLevel).toBe('info');
  });

  it('names the process by OTEL_SERVICE_NAME, else by the folder of its program', () => {
    expect(telemetryConfigOf({ OTEL_SERVICE_NAME: 'mine' }, '/x/services/execution/dist/main.js').service).toBe('mine');
    expect(telemetryConfigOf({}, '/x/services/execution/dist/main.js').service).toBe('execution');
    expect(telemetryConfigOf({}, undefined).service).toBe('orrery');
  });
});

describe('spans', () => {
  const limits = ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'];

  it('are plain where nothing is asked of them that the SDK alone knows', () => {
    expect(telemetryConfigOf({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }).areTracesPlain).toBe(true);
    const others = ['OTEL_TRACES_SAMPLER', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_PROPAGATORS', ...limits];
    expect(others.filter((name) => telemetryConfigOf({ [name]: '100' }).areTracesPlain)).toEqual([]);
  });
});
