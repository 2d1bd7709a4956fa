const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const bitsPerLetter = 5;
const bitsPerByte = 8;

/** RFC 4648 without padding, as authenticator apps write it. */
export const base32Of = (bytes: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << bitsPerByte) | byte;
    bits += bitsPerByte;
    for (; bits >= bitsPerLetter; bits -= bitsPerLetter) text += alphabet.charAt((value >>> (bits - bitsPerLetter)) & 31);
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet.charAt((value << (bitsPerLetter - bits)) & 31);
};

/** What is no letter of the alphabet is left out. */
export const bytesOfBase32 = (text: string): Buffer => {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const index = alphabet.indexOf(letter);
    if (index < 0) continue;
    value = (value << bitsPerLetter) | index;
    bits += bitsPerLetter;
    if (bits < bitsPerByte) continue;
    bits -= bitsPerByte;
    bytes.push((value >>> bits) & 255);
    value &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
};
