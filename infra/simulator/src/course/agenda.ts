/** What is to happen, earliest first; at one moment by `order`, then as it was put in. A binary heap (Williams, CACM 7, 1964). */
export class Agenda<T> {
  private readonly heap: { readonly at: number; readonly order: number; readonly number: number; readonly item: T }[] = [];
  private count = 0;

  get size(): number {
    return this.heap.length;
  }

  /** When the next thing happens. */
  get nextAt(): number | null {
    return this.heap[0]?.at ?? null;
  }

  get first(): T | undefined {
    return this.heap[0]?.item;
  }

  put(at: number, order: number, item: T): void {
    this.count += 1;
    this.heap.push({ at, order, number: this.count, item });
    let index = this.heap.length - 1;
    while (index > 0) {
      const above = (index - 1) >>> 1;
      if (!this.isEarlier(index, above)) break;
      this.swap(index, above);
      index = above;
    }
  }

  take(): T | undefined {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (!first || !last || this.heap.length === 0) return first?.item;
    this.heap[0] = last;
    this.sink();
    return first.item;
  }

  private sink(): void {
    for (let index = 0; ; ) {
      let least = index;
      for (const below of [2 * index + 1, 2 * index + 2]) if (below < this.heap.length && this.isEarlier(below, least)) least = below;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private isEarlier(one: number, other: number): boolean {
    const [a, b] = [this.heap[one], this.heap[other]];
    if (!a || !b) return false;
    return (a.at - b.at || a.order - b.order || a.number - b.number) < 0;
  }

  private swap(one: number, other: number): void {
    const [a, b] = [this.heap[one], this.heap[other]];
    if (a && b) [this.heap[one], this.heap[other]] = [b, a];
  }
}
