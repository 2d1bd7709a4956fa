import type { Room } from '../replay/room.ts';

const smallest = 4_096;

/** The first bytes of something that may be long. They are copied: a chunk of a socket is a part of something larger, which would stay with it. */
export class Beginning {
  readonly #room: Room;
  readonly #most: number;
  #held = Buffer.alloc(0);
  #kept = 0;
  #bytes = 0;
  #isFull = false;

  constructor(room: Room, most: number) {
    this.#room = room;
    this.#most = most;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const wanted = Math.min(chunk.length, this.#most - this.#kept);
    if (this.#isFull || wanted <= 0) return;
    if (!this.#reach(this.#kept + wanted)) {
      // What comes later is no beginning.
      this.#isFull = true;
      return;
    }
    chunk.copy(this.#held, this.#kept, 0, wanted);
    this.#kept += wanted;
  }

  /** Of how many bytes the beginning is here, and how many came in all. */
  get size(): { readonly kept: number; readonly bytes: number } {
    return { kept: this.#kept, bytes: this.#bytes };
  }

  /** Not to be read after it was given back. */
  get kept(): Buffer {
    return this.#held.subarray(0, this.#kept);
  }

  giveBack(): void {
    this.#room.giveBack(this.#held.length);
    this.#held = Buffer.alloc(0);
    this.#kept = 0;
    this.#isFull = true;
  }

  #reach(length: number): boolean {
    const { length: had } = this.#held;
    if (length <= had) return true;
    const wished = Math.min(this.#most, Math.max(smallest, had * 2, length));
    if (!this.#room.take(wished - had)) return false;
    const held = Buffer.alloc(wished);
    this.#held.copy(held, 0, 0, this.#kept);
    this.#held = held;
    return true;
  }
}
