/** A piece of output as it was written. */
export interface Written {
  readonly channel: string;
  readonly part: number;
  readonly seq: number;
  readonly text: string;
}

/** What was written so far, stream by stream, to the last newline as it was. */
export interface Transcript {
  /** Takes pieces in their order; false once the next does not fit any more. */
  readonly take: (pieces: readonly Written[]) => boolean;
  readonly told: () => { readonly stdout: string; readonly stderr: string; readonly end: string | null; readonly isCut: boolean };
}

/** As much of a run's output as fits into so many bytes of JSON. */
export const transcript = (bytes: number): Transcript => {
  const texts: Readonly<Record<string, string[]>> = { stdout: [], stderr: [] };
  let left = bytes;
  let end: string | null = null;
  let isCut = false;
  const joined = (channel: 'stdout' | 'stderr'): string => (texts[channel] ?? []).join('');
  return {
    take: (pieces) => {
      for (const { channel, text, part, seq } of pieces) {
        left -= Buffer.byteLength(JSON.stringify(text));
        isCut = left < 0;
        if (isCut) return false;
        texts[channel]?.push(text);
        end = `${part}.${seq}`;
      }
      return true;
    },
    told: () => ({ stdout: joined('stdout'), stderr: joined('stderr'), end, isCut }),
  };
};
