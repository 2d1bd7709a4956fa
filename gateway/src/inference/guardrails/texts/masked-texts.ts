import { setImmediate } from 'node:timers/promises';
import { edgeFailure, Failed } from '../../../failure.ts';
import { Masking, type Watch } from '../masking.ts';

export interface MaskedTexts {
  /** As many as there were, unless one is blocked. */
  readonly texts: readonly string[];
  readonly blockedBy: string | undefined;
  readonly hasMasked: boolean;
}

/** So long, in milliseconds, texts are looked at before others have their turn: whoever wrote them is not the only one. */
const turnMs = 10;
/** So much of a text is looked at between two looks at the clock. */
const pieceLength = 64;
/** What stands for a letter may be sixty times as long: all texts together become no longer than they were, or than this, in characters. */
const alwaysRoom = 33_554_432;

/** Each text by itself, as it may pass. However many and long they are, others go on meanwhile. Throws `Failed` where what stands for it is too long. */
export const maskedTexts = async (texts: readonly string[], watches: () => readonly Watch[]): Promise<MaskedTexts> => {
  const known: string[] = [];
  let hasMasked = false;
  let room = Math.max(
    alwaysRoom,
    texts.reduce((sum, { length }) => sum + length, 0),
  );
  let turnEndsAt = performance.now() + turnMs;
  for (const text of texts) {
    const masking = new Masking(watches());
    let whole = '';
    for (let at = 0; at === 0 || at < text.length; at += pieceLength) {
      const piece = masking.push(text.slice(at, at + pieceLength));
      room -= piece.length;
      if (room < 0) throw new Failed(edgeFailure('PayloadTooLarge', { details: { limit: alwaysRoom } }));
      whole += piece;
      if (performance.now() < turnEndsAt) continue;
      await setImmediate();
      turnEndsAt = performance.now() + turnMs;
    }
    known.push(whole + masking.end());
    hasMasked ||= masking.masked > 0;
    if (masking.blockedBy !== undefined) return { texts: known, blockedBy: masking.blockedBy, hasMasked };
  }
  return { texts: known, blockedBy: undefined, hasMasked };
};
