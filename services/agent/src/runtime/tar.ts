const blockBytes = 512;
const nameBytes = 100;

interface Entry {
  readonly path: string;
  readonly content: Buffer;
  readonly type: '0' | 'x';
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits - 1, '0')}\0`;

const headerOf = ({ path, content, type }: Entry): Buffer => {
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, nameBytes, 'utf8');
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(0, 12), 136);
  // The checksum counts its own field as spaces.
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
};

const blocksOf = (entry: Entry): Buffer[] => [
  headerOf(entry),
  entry.content,
  Buffer.alloc((blockBytes - (entry.content.length % blockBytes)) % blockBytes),
];

/** A pax record names its own length, digits included. */
const paxRecord = (key: string, value: string): Buffer => {
  const body = Buffer.from(` ${key}=${value}\n`);
  let length = body.length;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
};

/** A tar archive (POSIX 2001) of text files. A name that the old header cannot hold goes into an extended one. */
export const tarOf = (files: Iterable<readonly [path: string, text: string]>): Buffer => {
  const blocks: Buffer[] = [];
  for (const [path, text] of files) {
    const content = Buffer.from(text);
    const fits = Buffer.byteLength(path) <= nameBytes && /^[\x20-\x7e]+$/.test(path);
    if (!fits) blocks.push(...blocksOf({ path: 'pax', content: paxRecord('path', path), type: 'x' }));
    blocks.push(...blocksOf({ path: fits ? path : 'long', content, type: '0' }));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
};
