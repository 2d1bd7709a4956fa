/** The first lines that fit into so many bytes of JSON; of a first line that does not, its beginning. */
export const fittingIn =
  (bytes: number) =>
  <L extends { readonly message: string }>(lines: readonly L[]): L[] => {
    let left = bytes;
    // What else an answer says of a line fits into half a kilobyte.
    const taken: L[] = [];
    for (const line of lines) {
      left -= Buffer.byteLength(JSON.stringify(line.message)) + 512;
      if (left >= 0) taken.push(line);
      // JSON needs six bytes for a character at most.
      else return taken.length > 0 ? taken : [{ ...line, message: line.message.slice(0, Math.floor(bytes / 6)) }];
    }
    return taken;
  };

/** A piece of output as it was read: it may hold half a line or ten. */
export interface Piece {
  /** Pieces of one source continue each other: an attempt's stdout. */
  readonly source: string;
  readonly at: number;
  readonly text: string;
}

/** A whole line, at the moment its first character came. */
export interface Line<P extends Piece> {
  readonly text: string;
  readonly from: P;
}

/**
 * Lines out of pieces, oldest first: a line that came in pieces is one, a piece with several lines is as many. The last line of a
 * source may be unfinished, as it is in a terminal.
 */
export const linesOf = <P extends Piece>(pieces: readonly P[]): Line<P>[] => {
  const lines: { text: string; from: P }[] = [];
  const unfinished = new Map<string, { text: string; from: P }>();
  for (const piece of pieces) {
    const parts = piece.text.split('\n');
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const open = unfinished.get(piece.source);
      if (open) open.text += part;
      else if (part !== '' || !isLast) {
        const line = { text: part, from: piece };
        lines.push(line);
        unfinished.set(piece.source, line);
      }
      if (!isLast) unfinished.delete(piece.source);
    }
  }
  return lines.map(({ text, from }) => ({ text: text.replace(/\r$/, ''), from }));
};
