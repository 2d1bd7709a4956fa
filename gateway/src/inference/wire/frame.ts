const lf = 10;
const cr = 13;
const colon = 58;
const space = 32;
const lineEnd = Buffer.from('\n');

/** Calls back with the value of every line of that field, as views. A line without a colon is a field without a value; comments are none. */
const eachValue = (frame: Buffer, field: string, found: (value: Buffer) => void): void => {
  let at = 0;
  while (at < frame.length) {
    let end = at;
    while (end < frame.length && frame[end] !== lf && frame[end] !== cr) end += 1;
    const valueAt = valueIn(frame, at, end, field);
    if (valueAt >= 0) found(frame.subarray(valueAt, end));
    // A CR LF makes an empty line here, which has no field.
    at = end + 1;
  }
};

/** Where the value of this line begins; -1 where it is another field's. */
const valueIn = (frame: Buffer, at: number, end: number, field: string): number => {
  if (end - at < field.length) return -1;
  for (let index = 0; index < field.length; index += 1) if (frame[at + index] !== field.charCodeAt(index)) return -1;
  const after = at + field.length;
  if (after === end) return end;
  if (frame[after] !== colon) return -1;
  return frame[after + 1] === space && after + 1 < end ? after + 2 : after + 1;
};

/** What the frame says; undefined for comments and what has no data. Several lines are one text with line ends between them. */
export const dataOf = (frame: Buffer): Buffer | undefined => {
  let data: Buffer | undefined;
  eachValue(frame, 'data', (value) => {
    data = data === undefined ? value : Buffer.concat([data, lineEnd, value]);
  });
  return data;
};
