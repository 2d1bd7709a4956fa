import type { Core } from './core.ts';
import type { Entry, Line } from './entry.ts';
import { Heap } from './heap.ts';

interface Moment {
  readonly at: number;
  readonly entry: Entry;
}

const isSooner = (one: Moment, other: Moment): boolean => one.at < other.at;

/** More moments than this beside those of requests that still wait are swept out. */
const spareMoments = 1_024;

/** When those whom a limit stops will have waited too long: what is given back there is kept for them from then on. */
export class Patience {
  private moments = new Heap(isSooner);
  private readonly patient = new Set<Entry>();

  constructor(private readonly core: Core) {}

  /** The first of a line; `now`: the latest moment that was told. */
  await(line: Line, now: number): void {
    const entry = line.next(0)?.entry;
    if (!entry || this.patient.has(entry)) return;
    const at = this.endsAt(entry);
    if (at <= now) return;
    this.patient.add(entry);
    this.moments.push({ at, entry });
    if (this.patient.size > 2 * this.core.queues.size + spareMoments) this.sweep();
  }

  /** Wakes those whose patience has ended. */
  advance(now: number): void {
    for (let moment = this.moments.first(); moment && moment.at <= now; moment = this.moments.first()) {
      this.leave();
      if (moment.entry.line) this.core.queues.wake(moment.entry.line);
    }
  }

  /** When the next one's ends. */
  nextAt(): number | null {
    for (let moment = this.moments.first(); moment; moment = this.moments.first()) {
      if (moment.entry.line?.isParked) return moment.at;
      this.leave();
    }
    return null;
  }

  private endsAt({ vt }: Entry): number {
    return vt + this.core.settings.overdueMs;
  }

  private leave(): void {
    const moment = this.moments.pop();
    if (moment) this.patient.delete(moment.entry);
  }

  private sweep(): void {
    for (const each of [...this.patient]) if (!each.line) this.patient.delete(each);
    this.moments = new Heap(
      isSooner,
      [...this.patient].map((entry): Moment => ({ at: this.endsAt(entry), entry })),
    );
  }
}
