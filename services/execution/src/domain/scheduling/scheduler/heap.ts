/** A binary heap (Williams, 1964): the first of many, which come and go. */
export class Heap<T> {
  private readonly items: T[];

  constructor(
    private readonly isBefore: (one: T, other: T) => boolean,
    items: Iterable<T> = [],
  ) {
    this.items = [...items];
    for (let at = (this.items.length >>> 1) - 1; at >= 0; at -= 1) this.sink(at);
  }

  get size(): number {
    return this.items.length;
  }

  first(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    let at = this.items.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const other = this.items[above];
      if (other === undefined || !this.isBefore(item, other)) break;
      this.items[at] = other;
      at = above;
    }
    this.items[at] = item;
  }

  pop(): T | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) {
      this.items[0] = last;
      this.sink(0);
    }
    return first;
  }

  /** The first one has changed, and may have to stand further back. */
  renewFirst(): void {
    this.sink(0);
  }

  private sink(from: number): void {
    const item = this.items[from];
    if (item === undefined) return;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      let other = this.items[below];
      const right = this.items[below + 1];
      if (other === undefined) break;
      if (right !== undefined && this.isBefore(right, other)) {
        below += 1;
        other = right;
      }
      if (!this.isBefore(other, item)) break;
      this.items[at] = other;
      at = below;
    }
    this.items[at] = item;
  }
}
