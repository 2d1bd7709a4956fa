import { SpanKind } from '@opentelemetry/api';
import fc from 'fast-check';
import { OtlpBytes } from './otlp-bytes.ts';
import { type OverSpan, writeSpan } from './span-bytes.ts';

type Field = bigint | Buffer;

/** What stands in a message, by the numbers of its fields: read as the encoding is published, and not as ours is written. */
const fieldsOf = (bytes: Buffer): Map<number, Field[]> => {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const taken = (size: number): Buffer => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const read = [varint, () => taken(8), () => taken(Number(varint())), undefined, undefined, () => taken(4)][tag & 7];
    if (read === undefined) throw new RangeError(`no such type of a field: ${tag & 7}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), read()]);
  }
  if (at !== bytes.length) throw new RangeError('a message ends in the middle of a field');
  return fields;
};

const bytesIn = (field: Field | undefined): Buffer => (Buffer.isBuffer(field) ? field : Buffer.alloc(0));
const only = (fields: Map<number, Field[]>, number: number): Buffer => bytesIn(fields.get(number)?.[0]);

const valueIn = (bytes: Buffer): unknown => {
  const [[kind, [value] = []] = []] = [...fieldsOf(bytes)];
  if (kind === 1) return bytesIn(value).toString('utf8');
  if (kind === 2) return value === 1n;
  if (kind === 3) return Number(value);
  if (kind === 4) return bytesIn(value).readDoubleLE();
  return (fieldsOf(bytesIn(value)).get(1) ?? []).map((each) => valueIn(bytesIn(each)));
};

const attributesIn = (span: Map<number, Field[]>): Record<string, unknown> =>
  Object.fromEntries(
    (span.get(9) ?? []).map((each) => {
      const pair = fieldsOf(bytesIn(each));
      return [only(pair, 1).toString('utf8'), valueIn(only(pair, 2))];
    }),
  );

const span: OverSpan = {
  name: 'POST /v1/chat/completions',
  kind: SpanKind.SERVER,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  traceState: undefined,
  parentSpanId: undefined,
  isParentRemote: false,
  attributes: {},
  startedAt: 1_800_000_000_000,
  endedAt: 1_800_000_000_001,
  hasFailed: false,
};

const written = (...spans: Partial<OverSpan>[]): Map<number, Field[]>[] => {
  const bytes = new OtlpBytes();
  for (const each of spans) writeSpan(bytes, { ...span, ...each });
  return (fieldsOf(bytes.written).get(2) ?? []).map((each) => fieldsOf(bytesIn(each)));
};

const one = (more: Partial<OverSpan>): Map<number, Field[]> => written(more)[0] ?? new Map();

describe('A span as OTLP has it', () => {
  it('names itself, its trace and what it stands below', () => {
    const fields = one({ parentSpanId: '00f067aa0ba902b7', isParentRemote: true, traceState: 'a=1', hasFailed: true });
    expect(only(fields, 1).toString('hex')).toBe(span.traceId);
    expect(only(fields, 2).toString('hex')).toBe(span.spanId);
    expect(only(fields, 3).toString()).toBe('a=1');
    expect(only(fields, 4).toString('hex')).toBe('00f067aa0ba902b7');
    expect(only(fields, 5).toString()).toBe(span.name);
    expect(fields.get(6)).toEqual([2n]);
    expect(fieldsOf(only(fields, 15)).get(3)).toEqual([2n]);
    expect(only(fields, 16).readUInt32LE()).toBe(0x301);
  });

  it('says nothing of what it has not', () => {
    const fields = one({ attributes: { absent: undefined } });
    for (const number of [3, 4, 9, 15]) expect(fields.has(number)).toBe(false);
    expect(only(fields, 16).readUInt32LE()).toBe(0x101);
  });

  it('keeps whatever its attributes say, of any length and in any script', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 }).map((each) => Buffer.from(each).toString('utf8'));
    const value = fc.oneof(text, fc.boolean(), fc.maxSafeNat(), fc.double({ noNaN: true }), fc.array(text, { maxLength: 5 }));
    const plain = (each: unknown): unknown => (each === 0 ? 0 : each);
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), text, (attributes, name) => {
        const fields = one({ attributes, name });
        const expected = Object.fromEntries(Object.entries(attributes).map(([key, each]) => [key, plain(each)]));
        expect(Object.entries(attributesIn(fields)).map(([key, each]) => [key, plain(each)])).toEqual(Object.entries(expected));
        expect(only(fields, 5).toString('utf8')).toBe(name);
      }),
    );
  });

  it('has its times to the microsecond', () => {
    fc.assert(
      fc.property(fc.nat({ max: 4_102_444_800_000_000 }), (micros) => {
        expect(only(one({ endedAt: micros / 1_000 }), 8).readBigUInt64LE()).toBe(BigInt(micros) * 1_000n);
      }),
    );
  });

  it('stands beside others, however many and however long', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `${index}`.repeat(index % 100));
    expect(written(...names.map((name) => ({ name }))).map((each) => only(each, 5).toString())).toEqual(names);
  });
});
