const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = BigInt(digits.length);
const limit = 1n << 128n;

/** How many digits 128 bits take. */
export const width = 22;

/** 16 bytes as 22 digits, least significant first: a UUIDv7 ends in chance, so its text begins with chance. */
export const encode128 = (bytes: Uint8Array): string => {
  if (bytes.length !== 16) throw new RangeError(`16 bytes make 22 digits, not ${bytes.length}`);
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let place = 0; place < width; place += 1) {
    text += digits.charAt(Number(rest % base));
    rest /= base;
  }
  return text;
};

/** The 16 bytes, or undefined where the text is not what `encode128` writes: each value has one spelling. */
export const decode128 = (text: string): Buffer | undefined => {
  if (text.length !== width) return undefined;
  let value = 0n;
  for (let place = width - 1; place >= 0; place -= 1) {
    const digit = digits.indexOf(text.charAt(place));
    if (digit < 0) return undefined;
    value = value * base + BigInt(digit);
  }
  return value < limit ? Buffer.from(value.toString(16).padStart(32, '0'), 'hex') : undefined;
};
