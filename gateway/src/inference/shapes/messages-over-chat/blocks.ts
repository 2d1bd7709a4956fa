import { longestKept, type Piece } from '../chat/chunk.ts';
import type { Members } from '../members.ts';
import type { Sent } from '../shape.ts';

type Call = Extract<Piece, { kind: 'call' }>;

/** A block that is open, and what may still be added to it: texts of its kind, or what that tool is called with. */
interface Open {
  readonly index: number;
  readonly kind: 'text' | 'thinking' | 'call';
  readonly at: number;
}

const event = (type: string, members: Members): Sent => ({ event: type, data: { type, ...members } });

const kindOf = (piece: Piece): Open['kind'] => (piece.kind === 'refusal' ? 'text' : piece.kind);

const emptyBlock = (piece: Piece): Members => {
  if (piece.kind === 'call') return { type: 'tool_use', id: piece.id || `toolu_${piece.at}`, name: piece.name, input: {} };
  return kindOf(piece) === 'thinking' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '', citations: null };
};

const deltaOf = (piece: Piece): Members => {
  if (piece.kind === 'call') return { type: 'input_json_delta', partial_json: piece.text };
  return kindOf(piece) === 'thinking' ? { type: 'thinking_delta', thinking: piece.text } : { type: 'text_delta', text: piece.text };
};

/**
 * Pieces as blocks of a message. Blocks come one after the other, while calls of several tools may be told by turns: the first call is passed on
 * as it comes, and whatever comes beside it waits for the end.
 */
export class Blocks {
  #open: Open | undefined;
  #count = 0;
  #waiting: Piece[] = [];
  #kept = 0;
  hasCalls = false;

  /** More waits than may be kept. */
  get isOverfull(): boolean {
    return this.#kept > longestKept;
  }

  add(piece: Piece): readonly Sent[] {
    if (piece.kind === 'call') this.hasCalls = true;
    if (this.#belongs(piece)) return this.#grow(piece);
    if (this.#open?.kind !== 'call') return [...this.#close(), ...this.#begin(piece)];
    this.#waiting.push(piece);
    // What a piece takes beside its text.
    this.#kept += piece.text.length + 100;
    return [];
  }

  end(): readonly Sent[] {
    const waiting = sorted(this.#waiting);
    this.#waiting = [];
    const rest = waiting.flatMap((piece) => (this.#belongs(piece) ? this.#grow(piece) : [...this.#close(), ...this.#begin(piece)]));
    return [...rest, ...this.#close()];
  }

  #belongs(piece: Piece): boolean {
    const open = this.#open;
    return open !== undefined && open.kind === kindOf(piece) && (piece.kind !== 'call' || piece.at === open.at);
  }

  #begin(piece: Piece): readonly Sent[] {
    this.#open = { index: this.#count, kind: kindOf(piece), at: piece.kind === 'call' ? piece.at : 0 };
    this.#count += 1;
    return [event('content_block_start', { index: this.#open.index, content_block: emptyBlock(piece) }), ...this.#grow(piece)];
  }

  #grow(piece: Piece): readonly Sent[] {
    if (piece.text === '' || !this.#open) return [];
    return [event('content_block_delta', { index: this.#open.index, delta: deltaOf(piece) })];
  }

  #close(): readonly Sent[] {
    if (!this.#open) return [];
    const { index } = this.#open;
    this.#open = undefined;
    return [event('content_block_stop', { index })];
  }
}

/** What is of one call stands together, where that call began; everything else stays where it was. */
const sorted = (pieces: readonly Piece[]): readonly Piece[] => {
  const isCall = (piece: Piece): piece is Call => piece.kind === 'call';
  const begun = new Set<number>();
  return pieces.flatMap((piece) => {
    if (!isCall(piece)) return [piece];
    if (begun.has(piece.at)) return [];
    begun.add(piece.at);
    return pieces.filter((other) => isCall(other) && other.at === piece.at);
  });
};
