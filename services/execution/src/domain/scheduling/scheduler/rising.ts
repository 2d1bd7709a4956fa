/**
 * Indexes by rising keys, of which only the first few are asked for: a binary heap (Williams, 1964) in two columns that are used again and
 * again, for there are tens of thousands each time.
 */
export class Rising {
  private indexes = new Int32Array(0);
  private keys = new Float64Array(0);
  private count = 0;

  /** For at most so many. */
  clear(most: number): void {
    this.count = 0;
    if (most <= this.keys.length) return;
    this.indexes = new Int32Array(2 * most);
    this.keys = new Float64Array(2 * most);
  }

  /** Before any is asked for. */
  add(index: number, key: number): void {
    this.indexes[this.count] = index;
    this.keys[this.count] = key;
    this.count += 1;
  }

  /** Each with its key, the least first. */
  *drain(): Generator<{ readonly index: number; readonly key: number }> {
    for (let at = (this.count >>> 1) - 1; at >= 0; at -= 1) this.sink(at);
    while (this.count > 0) {
      const [index = 0, key = 0] = [this.indexes[0], this.keys[0]];
      this.count -= 1;
      this.indexes[0] = this.indexes[this.count] ?? 0;
      this.keys[0] = this.keys[this.count] ?? 0;
      this.sink(0);
      yield { index, key };
    }
  }

  private sink(from: number): void {
    const { indexes, keys, count } = this;
    const [index = 0, key = 0] = [indexes[from], keys[from]];
    let at = from;
    for (let below = 2 * at + 1; below < count; below = 2 * at + 1) {
      if (below + 1 < count && (keys[below + 1] ?? 0) < (keys[below] ?? 0)) below += 1;
      if ((keys[below] ?? 0) >= key) break;
      indexes[at] = indexes[below] ?? 0;
      keys[at] = keys[below] ?? 0;
      at = below;
    }
    indexes[at] = index;
    keys[at] = key;
  }
}
