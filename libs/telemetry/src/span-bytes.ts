import type { Attributes, AttributeValue, SpanKind } from '@opentelemetry/api';
import type { OtlpBytes } from './otlp-bytes.ts';

/** A span that is over. */
export interface OverSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState: string | undefined;
  readonly parentSpanId: string | undefined;
  /** The parent is of another process. */
  readonly isParentRemote: boolean;
  readonly attributes: Attributes;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly hasFailed: boolean;
}

/** Of opentelemetry/proto/trace/v1/trace.proto and its neighbours. */
const spans = 2;
const failed = 2;
const knowsWhetherRemote = 0x100;
const isRemote = 0x200;

const writeValue = (bytes: OtlpBytes, value: AttributeValue): void => {
  if (typeof value === 'string') bytes.text(1, value);
  else if (typeof value === 'boolean') bytes.whole(2, value ? 1 : 0);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) bytes.whole(3, value);
    else bytes.double(4, value);
  } else {
    const list = bytes.open(5);
    for (const each of value) {
      if (each === null || each === undefined) continue;
      const one = bytes.open(1);
      writeValue(bytes, each);
      bytes.close(one);
    }
    bytes.close(list);
  }
};

/** `field`: where attributes stand in their message. */
export const writeAttributes = (bytes: OtlpBytes, field: number, attributes: Attributes): void => {
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined) continue;
    const pair = bytes.open(field);
    bytes.text(1, name);
    const any = bytes.open(2);
    writeValue(bytes, value);
    bytes.close(any);
    bytes.close(pair);
  }
};

/** One of the spans of its scope, as OTLP has it. */
export const writeSpan = (bytes: OtlpBytes, span: OverSpan): void => {
  const whole = bytes.open(spans);
  bytes.hex(1, span.traceId);
  bytes.hex(2, span.spanId);
  if (span.traceState !== undefined) bytes.text(3, span.traceState);
  if (span.parentSpanId !== undefined) bytes.hex(4, span.parentSpanId);
  bytes.text(5, span.name);
  // The API counts from zero, OTLP leaves that to what is not said.
  bytes.whole(6, span.kind + 1);
  bytes.time(7, span.startedAt);
  bytes.time(8, span.endedAt);
  writeAttributes(bytes, 9, span.attributes);
  if (span.hasFailed) {
    const status = bytes.open(15);
    bytes.whole(3, failed);
    bytes.close(status);
  }
  bytes.flags(16, span.traceFlags | knowsWhetherRemote | (span.isParentRemote ? isRemote : 0));
  bytes.close(whole);
};
