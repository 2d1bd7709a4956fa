/**
 * A line of bounded length in which everybody's turn comes as often as everybody else's, however many one of them sends. Where it is
 * full, whoever has the most in it loses the last of it to whoever has less.
 */
export class FairLine<T> {
  /** In the order of their turns. */
  private readonly lines = new Map<string, T[]>();
  private length = 0;

  /** `longest` may change: what is in the line already stays. */
  constructor(private readonly longest: () => number) {}

  get size(): number {
    return this.length;
  }

  /** Whether there is room for one more from there, if need be at the cost of somebody who has more in it. */
  takes(from: string): boolean {
    if (this.length < this.longest()) return true;
    const [, most] = this.greediest();
    return most > (this.lines.get(from)?.length ?? 0) + 1;
  }

  /** Gives what had to go: nothing, another's, or the item itself. */
  push(from: string, item: T): T | undefined {
    if (!this.takes(from)) return item;
    const [greediest] = this.length >= this.longest() ? this.greediest() : [undefined];
    const lost = greediest === undefined ? undefined : this.pop(greediest);
    const line = this.lines.get(from);
    if (line) line.push(item);
    else this.lines.set(from, [item]);
    this.length += 1;
    return lost;
  }

  /** The next whose turn it is. */
  shift(): T | undefined {
    const [next] = this.lines;
    if (!next) return undefined;
    const [from, line] = next;
    const item = line.shift();
    // To the end of the turns.
    this.lines.delete(from);
    if (line.length > 0) this.lines.set(from, line);
    this.length -= 1;
    return item;
  }

  /** Whoever waits no more. */
  remove(from: string, item: T): void {
    const line = this.lines.get(from);
    const at = line?.indexOf(item) ?? -1;
    if (!line || at < 0) return;
    line.splice(at, 1);
    if (line.length === 0) this.lines.delete(from);
    this.length -= 1;
  }

  private greediest(): readonly [string | undefined, number] {
    let most: string | undefined;
    let count = 0;
    for (const [from, { length }] of this.lines) if (length > count) [most, count] = [from, length];
    return [most, count];
  }

  private pop(from: string): T | undefined {
    const line = this.lines.get(from);
    const item = line?.pop();
    if (line?.length === 0) this.lines.delete(from);
    this.length -= 1;
    return item;
  }
}
