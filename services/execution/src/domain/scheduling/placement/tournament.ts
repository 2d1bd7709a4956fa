/**
 * The cheapest of many, whose prices change one by one: a winner tree (Knuth, The Art of Computer Programming, volume 3, section
 * 5.4.1). A change takes time proportional to the logarithm of their number, the winner none.
 */
export class Tournament {
  private readonly price: Float64Array;
  /** The winner of each pairing; number 1 is the last one, and 2n and 2n + 1 play for n. */
  private readonly winner: Int32Array;
  private readonly leaves: number;
  private contenders = 0;

  /** `isFirst` decides between two of one price. */
  constructor(
    readonly size: number,
    private readonly isFirst: (one: number, other: number) => boolean,
  ) {
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(2, size)));
    this.price = new Float64Array(this.leaves).fill(Number.POSITIVE_INFINITY);
    this.winner = new Int32Array(this.leaves);
    // All prices are alike: the first of each pairing will do.
    for (let pairing = this.leaves - 1; pairing >= 1; pairing -= 1) this.winner[pairing] = this.of(2 * pairing);
  }

  /** How many have a price that is not infinite. */
  get candidates(): number {
    return this.contenders;
  }

  priceOf(index: number): number {
    return this.price[index] ?? Number.POSITIVE_INFINITY;
  }

  set(index: number, price: number): void {
    this.assign(index, price);
    for (let pairing = (this.leaves + index) >>> 1; pairing >= 1; pairing >>>= 1) this.play(pairing);
  }

  /** The first so many at once, beyond which none has had a price: cheaper than one after the other. */
  setAll(count: number, priceOf: (index: number) => number): void {
    for (let index = 0; index < count; index += 1) this.assign(index, priceOf(index));
    let first = this.leaves >>> 1;
    let last = (this.leaves + Math.max(1, count) - 1) >>> 1;
    for (; first >= 1; first >>>= 1, last >>>= 1) {
      for (let pairing = first; pairing <= last; pairing += 1) this.play(pairing);
    }
  }

  /** Null where every price is infinite. */
  best(): number | null {
    const index = this.winner[1] ?? 0;
    return this.priceOf(index) === Number.POSITIVE_INFINITY ? null : index;
  }

  /** The cheapest that is wanted; null: none is. Of the others only those are looked at that are cheaper, and a few beside the way to them. */
  first(isWanted: (index: number) => boolean): number | null {
    let best: number | null = null;
    const visit = (node: number): void => {
      const winner = this.of(node);
      if (this.priceOf(winner) === Number.POSITIVE_INFINITY || (best !== null && !this.beats(winner, best))) return;
      if (node >= this.leaves) {
        if (isWanted(winner)) best = winner;
        return;
      }
      const cheaper = this.of(2 * node) === winner ? 2 * node : 2 * node + 1;
      visit(cheaper);
      visit(cheaper ^ 1);
    };
    visit(1);
    return best;
  }

  private assign(index: number, price: number): void {
    const before = this.priceOf(index) !== Number.POSITIVE_INFINITY;
    const after = price !== Number.POSITIVE_INFINITY;
    this.contenders += Number(after) - Number(before);
    this.price[index] = price;
  }

  private of(node: number): number {
    return node >= this.leaves ? node - this.leaves : (this.winner[node] ?? 0);
  }

  private play(pairing: number): void {
    const one = this.of(2 * pairing);
    const other = this.of(2 * pairing + 1);
    this.winner[pairing] = this.beats(one, other) ? one : other;
  }

  private beats(one: number, other: number): boolean {
    const difference = this.priceOf(one) - this.priceOf(other);
    // Two infinite prices have no difference: neither will be asked for.
    return difference < 0 || (difference === 0 && this.isFirst(one, other));
  }
}
