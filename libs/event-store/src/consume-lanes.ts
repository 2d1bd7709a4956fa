interface Lane<T> {
  readonly waiting: T[];
  /** Taken and not yet done, or waiting for another try: what follows must wait. */
  blocked: boolean;
}

/**
 * Work in lanes: within a lane strictly one after the other, in the order it came; between lanes freely.
 * A lane that waits for another try holds up nobody else.
 */
export class Lanes<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** Lanes that have work and nothing under way, in the order in which they became so. */
  private readonly ready = new Set<string>();
  private readonly laneOf: (item: T) => string;

  constructor(laneOf: (item: T) => string) {
    this.laneOf = laneOf;
  }

  add(item: T): void {
    const name = this.laneOf(item);
    const lane = this.lanes.get(name);
    if (lane) lane.waiting.push(item);
    else {
      this.lanes.set(name, { waiting: [item], blocked: false });
      this.ready.add(name);
    }
  }

  /** Up to `most` items that may be worked on now; at most `perLane` of one lane, to be worked on in their order. */
  take(most: number, perLane = 1): T[] {
    const taken: T[] = [];
    for (const name of this.ready) {
      const room = Math.min(perLane, most - taken.length);
      if (room <= 0) break;
      taken.push(...this.takeOf(name, room));
    }
    return taken;
  }

  /** One item of one lane, whichever chance (from 0 to less than 1) points at. */
  takeAny(chance: number): T[] {
    const name = [...this.ready][Math.floor(chance * this.ready.size)];
    return name === undefined ? [] : this.takeOf(name, 1);
  }

  /** What was taken of this lane is done with: the lane moves on. */
  free(name: string): void {
    const lane = this.lanes.get(name);
    if (!lane) return;
    lane.blocked = false;
    if (lane.waiting.length > 0) this.ready.add(name);
    else this.lanes.delete(name);
  }

  /** Puts items back to the head of their lane, in this order; the lane stays blocked until it is freed. */
  back(items: readonly T[]): void {
    for (const item of items.toReversed()) this.lanes.get(this.laneOf(item))?.waiting.unshift(item);
  }

  private takeOf(name: string, most: number): T[] {
    this.ready.delete(name);
    const lane = this.lanes.get(name);
    if (!lane) return [];
    lane.blocked = true;
    return lane.waiting.splice(0, most);
  }
}
