/** Further back than this nobody is told what has become better. */
const mostKept = 2_048;

/**
 * Machines where there may be more than there was: room, or somebody who may have to make way. As a set, for those who have to be woken, and
 * in order, for those who know since when there has been nothing for them.
 */
export class Improved {
  private readonly fresh = new Set<string>();
  private recent: string[] = [];
  /** What came before it is forgotten. */
  private first = 0;
  private last = { from: -1, to: -1, machines: new Set<string>() };

  get size(): number {
    return this.fresh.size;
  }

  get position(): number {
    return this.first + this.recent.length;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.fresh.values();
  }

  add(machine: string): void {
    this.fresh.add(machine);
    this.recent.push(machine);
    if (this.recent.length < 2 * mostKept) return;
    this.first += this.recent.length - mostKept;
    this.recent = this.recent.slice(-mostKept);
  }

  /** They have been woken. */
  clear(): void {
    this.fresh.clear();
  }

  /** It may have become better anywhere. */
  everywhere(): void {
    this.first = this.position + 1;
    this.recent = [];
  }

  /** Null: it is too long ago to tell. */
  since(position: number): ReadonlySet<string> | null {
    if (position < this.first) return null;
    const to = this.position;
    if (this.last.from !== position || this.last.to !== to)
      this.last = { from: position, to, machines: new Set(this.recent.slice(position - this.first)) };
    return this.last.machines;
  }
}
