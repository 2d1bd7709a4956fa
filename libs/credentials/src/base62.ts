const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = BigInt(digits.length);

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
