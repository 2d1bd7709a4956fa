/** Which places have changed, in order, as far back as anybody is likely to ask. */
export class Changes {
  private readonly ring: Int32Array;
  /** How many there have been. */
  private count = 0;

  constructor(readonly length: number) {
    this.ring = new Int32Array(length);
  }

  get position(): number {
    return this.count;
  }

  note(index: number): void {
    this.ring[this.count % this.length] = index;
    this.count += 1;
  }

  /** Indexes since that position, some of them more than once; null where it is too long ago to tell. */
  since(position: number): Int32Array | null {
    const many = this.count - position;
    if (many > this.length) return null;
    const from = position % this.length;
    if (from + many <= this.length) return this.ring.subarray(from, from + many);
    const result = new Int32Array(many);
    result.set(this.ring.subarray(from));
    result.set(this.ring.subarray(0, from + many - this.length), this.length - from);
    return result;
  }
}
