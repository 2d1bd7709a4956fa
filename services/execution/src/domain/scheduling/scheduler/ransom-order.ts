import { Heap } from './heap.ts';

/** Sums of fractions are not exact: a bound must not come out above the cost that it bounds. */
export const slack = 1 - 1e-9;

interface Step {
  readonly bound: number;
  readonly bucket: Bucket;
  readonly at: number;
}

const isLess = (one: Step, other: Step): boolean => one.bound < other.bound;

/** Places whose bounds grow alike: a heap, the latest beginning first. It is never in another order, whatever the time. */
interface Bucket {
  readonly slope: number;
  readonly items: number[];
}

/**
 * Places by a lower bound of what room on them costs: a slope times the time since a beginning, so that they need not be put in order
 * again as time passes. Those of one slope are a heap; a walk in order goes through all heaps at once, and no further than it is asked.
 */
export class RansomOrder {
  private readonly buckets = new Map<number, Bucket>();
  private slopes = new Float64Array(0);
  private begins = new Float64Array(0);
  private positions = new Int32Array(0);

  /** A slope below 0: nobody can make room there. */
  set(index: number, slope: number, begin: number): void {
    this.grow(index);
    this.remove(index);
    this.slopes[index] = slope;
    this.begins[index] = begin;
    if (slope < 0) return;
    let bucket = this.buckets.get(slope);
    if (!bucket) {
      bucket = { slope, items: [] };
      this.buckets.set(slope, bucket);
    }
    bucket.items.push(index);
    this.rise(bucket.items, bucket.items.length - 1);
  }

  /** Those that cost least first, with the bounds. Nothing may be changed while somebody walks. */
  *from(now: number): Generator<{ readonly index: number; readonly bound: number }> {
    const stepTo = (bucket: Bucket, at: number): Step => ({ bucket, at, bound: this.boundOf(bucket, at, now) });
    const steps = new Heap(
      isLess,
      Array.from(this.buckets.values(), (bucket) => stepTo(bucket, 0)),
    );
    for (let step = steps.pop(); step; step = steps.pop()) {
      const { bucket, at, bound } = step;
      yield { index: bucket.items[at] ?? 0, bound };
      for (const below of [2 * at + 1, 2 * at + 2]) if (below < bucket.items.length) steps.push(stepTo(bucket, below));
    }
  }

  private boundOf({ slope, items }: Bucket, at: number, now: number): number {
    return Math.max(0, slope * (now - (this.begins[items[at] ?? 0] ?? now)) * slack);
  }

  private remove(index: number): void {
    const slope = this.slopes[index] ?? -1;
    const bucket = slope < 0 ? undefined : this.buckets.get(slope);
    if (!bucket) return;
    const { items } = bucket;
    const at = this.positions[index] ?? 0;
    const last = items.pop();
    if (last !== undefined && last !== index) {
      this.put(items, at, last);
      this.rise(items, at);
      this.sink(items, this.positions[last] ?? 0);
    }
    if (items.length === 0) this.buckets.delete(slope);
  }

  private rise(items: number[], from: number): void {
    const index = items[from] ?? 0;
    let at = from;
    while (at > 0) {
      const above = items[(at - 1) >>> 1] ?? 0;
      if (!this.isLater(index, above)) break;
      this.put(items, at, above);
      at = (at - 1) >>> 1;
    }
    this.put(items, at, index);
  }

  private sink(items: number[], from: number): void {
    const index = items[from] ?? 0;
    let at = from;
    for (let below = 2 * at + 1; below < items.length; below = 2 * at + 1) {
      if (below + 1 < items.length && this.isLater(items[below + 1] ?? 0, items[below] ?? 0)) below += 1;
      const other = items[below] ?? 0;
      if (!this.isLater(other, index)) break;
      this.put(items, at, other);
      at = below;
    }
    this.put(items, at, index);
  }

  private put(items: number[], at: number, index: number): void {
    items[at] = index;
    this.positions[index] = at;
  }

  private isLater(one: number, other: number): boolean {
    return (this.begins[one] ?? 0) > (this.begins[other] ?? 0);
  }

  private grow(index: number): void {
    if (index < this.slopes.length) return;
    const size = 2 * (index + 1);
    const [slopes, begins, positions] = [new Float64Array(size).fill(-1), new Float64Array(size), new Int32Array(size)];
    slopes.set(this.slopes);
    begins.set(this.begins);
    positions.set(this.positions);
    [this.slopes, this.begins, this.positions] = [slopes, begins, positions];
  }
}
