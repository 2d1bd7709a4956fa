import { orgOf } from './org.ts';

/** How things stood from a moment on, until the next sample. */
interface Sample {
  readonly at: number;
  readonly usedMilli: number;
  readonly capacityMilli: number;
  readonly waiting: number;
}

interface Held {
  milli: number;
  waiting: number;
}

export interface Mean {
  /** Milliseconds from the first sample to the middle of the stretch. */
  readonly at: number;
  readonly usedPercent: number;
  readonly waiting: number;
}

/** Writes down what is in use and how many wait, whenever that changes. */
export class Samples {
  private readonly all: Sample[] = [];
  private used = 0;
  private capacity = 0;
  private waiting = 0;
  private readonly held = new Map<string, Held>();
  /** Of what those hold who wait for more: how many, the sum, and the sum of squares. */
  private wanting = { count: 0, sum: 0, squares: 0 };
  private fairMs = 0;
  private unequalMs = 0;

  constructor(private readonly weights: ReadonlyMap<string, number>) {}

  get now(): { readonly usedMilli: number; readonly capacityMilli: number; readonly waiting: number } {
    return { usedMilli: this.used, capacityMilli: this.capacity, waiting: this.waiting };
  }

  resize(milli: number): void {
    this.capacity += milli;
  }

  /** More, or less, is held or waited for in a queue. */
  change(queue: string, milli: number, waiting: number): void {
    const org = orgOf(queue);
    const held = this.held.get(org) ?? { milli: 0, waiting: 0 };
    this.held.set(org, held);
    this.count(org, held, -1);
    held.milli += milli;
    held.waiting += waiting;
    this.count(org, held, 1);
    this.used += milli;
    this.waiting += waiting;
  }

  /** Things stand like this from now on. */
  note(at: number): void {
    const last = this.all.at(-1);
    if (last?.at === at) this.all.pop();
    else if (last && last.usedMilli === this.used && last.waiting === this.waiting && last.capacityMilli === this.capacity) return;
    this.all.push({ at, usedMilli: this.used, capacityMilli: this.capacity, waiting: this.waiting });
  }

  /** Time passes while things stand as they do: adds up how alike those who wait are served (Jain's index). */
  pass(ms: number): void {
    const { count, sum, squares } = this.wanting;
    if (count < 2) return;
    this.unequalMs += ms;
    this.fairMs += ms * (squares <= 0 ? 1 : (sum * sum) / (count * squares));
  }

  /** Over all times in which at least two organizations waited; null where there was no such time. */
  get fairnessOfWaiting(): number | null {
    return this.unequalMs === 0 ? null : this.fairMs / this.unequalMs;
  }

  get from(): number {
    return this.all[0]?.at ?? 0;
  }

  get to(): number {
    return this.all.at(-1)?.at ?? 0;
  }

  get peakUsedPercent(): number {
    return this.all.reduce((most, { usedMilli, capacityMilli }) => Math.max(most, usedMilli / Math.max(1, capacityMilli)), 0) * 100;
  }

  get mostWaiting(): number {
    return this.all.reduce((most, { waiting }) => Math.max(most, waiting), 0);
  }

  /** Means over so many stretches of equal length. */
  means(stretches: number): readonly Mean[] {
    const length = (this.to - this.from) / stretches;
    if (!(length > 0)) return [];
    const sums = Array.from({ length: stretches }, () => ({ used: 0, capacity: 0, waiting: 0 }));
    this.all.forEach((sample, index) => {
      const end = (this.all[index + 1]?.at ?? this.to) - this.from;
      const start = sample.at - this.from;
      for (let stretch = Math.min(stretches - 1, Math.floor(start / length)); stretch < stretches; stretch += 1) {
        const ms = (stretch === stretches - 1 ? end : Math.min(end, length * (stretch + 1))) - Math.max(start, length * stretch);
        const sum = sums[stretch];
        if (!sum || ms <= 0) break;
        sum.used += sample.usedMilli * ms;
        sum.capacity += sample.capacityMilli * ms;
        sum.waiting += sample.waiting * ms;
      }
    });
    return sums.map(({ used, capacity, waiting }, index) => ({
      at: length * (index + 0.5),
      usedPercent: (100 * used) / Math.max(1, capacity),
      waiting: waiting / length,
    }));
  }

  private count(org: string, { milli, waiting }: Held, sign: 1 | -1): void {
    if (waiting === 0) return;
    const share = milli / (this.weights.get(org) ?? 1);
    this.wanting.count += sign;
    this.wanting.sum += sign * share;
    this.wanting.squares += sign * share * share;
  }
}
