const least = 1e-9;

/**
 * Places in the order of their ids, as numbers: two of them are compared far more often than one comes or goes. A newcomer gets the
 * number in the middle of its neighbours'; when they are too close, all are numbered again.
 */
export class Order {
  private readonly sorted: { readonly id: string; readonly index: number }[] = [];
  private numbers = new Float64Array(0);

  add(id: string, index: number): void {
    const at = this.positionOf(id);
    this.sorted.splice(at, 0, { id, index });
    if (index >= this.numbers.length) {
      const grown = new Float64Array(2 * (index + 1));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    const [before, after] = [this.numberAt(at - 1), this.numberAt(at + 1)];
    const number = before === null ? (after ?? 0) - 1 : after === null ? before + 1 : (before + after) / 2;
    this.numbers[index] = number;
    if (before !== null && after !== null && after - before < least)
      for (const [rank, each] of this.sorted.entries()) this.numbers[each.index] = rank;
  }

  remove(id: string): void {
    this.sorted.splice(this.positionOf(id), 1);
  }

  isFirst(one: number, other: number): boolean {
    return (this.numbers[one] ?? 0) < (this.numbers[other] ?? 0);
  }

  private numberAt(position: number): number | null {
    const found = this.sorted[position];
    return found ? (this.numbers[found.index] ?? 0) : null;
  }

  /** Of the first that does not come before that id. */
  private positionOf(id: string): number {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle]?.id ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
