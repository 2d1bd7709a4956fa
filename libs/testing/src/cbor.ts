type Cbor = number | string | Uint8Array | ReadonlyMap<number | string, Cbor>;

const longText = 24;
const byteMax = 0xff;

/** RFC 8949: a major type and an argument, as short as it can be. */
const head = (major: number, argument: number): Buffer => {
  if (argument < longText) return Buffer.from([(major << 5) | argument]);
  if (argument <= byteMax) return Buffer.from([(major << 5) | 24, argument]);
  const bytes = Buffer.alloc(3);
  bytes.writeUInt8((major << 5) | 25);
  bytes.writeUInt16BE(argument, 1);
  return bytes;
};

/** As much of CBOR as authenticators speak. */
export const cborOf = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, inner]) => [cborOf(key), cborOf(inner)])]);
};
