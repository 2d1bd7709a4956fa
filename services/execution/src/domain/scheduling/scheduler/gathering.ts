import type { Core } from './core.ts';
import { type Entry, isPressing, type Line } from './entry.ts';
import type { Hopeless } from './hopeless.ts';
import type { Parking } from './parking.ts';
import type { Turns } from './turns.ts';

interface Gathered {
  readonly core: Core;
  readonly parking: Parking;
  readonly hopeless: Hopeless;
  readonly turns: Turns;
  readonly now: number;
  /** Who is known to find nothing need not take part. */
  readonly mayLeaveOut: boolean;
}

/** Who takes part in a round. */
export class Gathering {
  private readonly core: Core;
  private readonly parking: Parking;
  private readonly hopeless: Hopeless;
  private readonly turns: Turns;
  private readonly now: number;
  private readonly mayLeaveOut: boolean;

  constructor({ core, parking, hopeless, turns, now, mayLeaveOut }: Gathered) {
    this.mayLeaveOut = mayLeaveOut;
    this.core = core;
    this.parking = parking;
    this.hopeless = hopeless;
    this.turns = turns;
    this.now = now;
  }

  /** Parked lines that are looked at by themselves, for what is kept for their first ones. */
  run(): readonly Line[] {
    const { queues, admission, reservations } = this.core;
    const kept: Line[] = [];
    this.parking.berths.begin();
    this.wakeAwaited();
    const waiting: Line[] = [];
    for (const line of [...queues.active]) {
      admission.keepers.delete(line);
      if (this.mayWait(line)) waiting.push(line);
      else if (!this.parkUnseen(line)) this.turns.add(line);
    }
    this.hopeless.forget();
    for (const { entry } of reservations) {
      const { line } = entry;
      if (!line?.isParked || line.next(0)?.entry !== entry || !line.coves.some(({ berth }) => berth.isOpen)) continue;
      this.turns.add(line);
      kept.push(line);
    }
    for (const leaf of this.hopeless.takers()) this.turns.addParked(leaf);
    for (const { entry } of this.parking.dues.at(this.now)) if (entry.line) this.turns.addBeside(entry);
    for (const line of waiting) this.join(line);
    return kept;
  }

  /** Room is being made for it, nothing has changed for it, and nobody of its queue goes before others. */
  private mayWait(line: Line): boolean {
    const { leaf } = line;
    if (!this.mayLeaveOut || !this.parking.awaiting.has(line)) return false;
    return leaf.urgent === 0 && this.now - leaf.earliest < this.core.settings.overdueMs;
  }

  /** What it will hold counts for those beside it, and for nobody else. */
  private join(line: Line): void {
    if (!this.turns.isAnyBeside(line.leaf)) return;
    this.parking.awaiting.tell(line);
    this.turns.add(line);
  }

  /**
   * With quotas some count for others though there is nothing for them: for whom room is being made, its queue holds that already; and
   * whoever has waited too long may be stopped by a limit that others have reached since, and keeps what is given back there.
   */
  private wakeAwaited(): void {
    const { queues, admission, reservations, settings } = this.core;
    if (admission.isFree) return;
    for (const { entry } of reservations) {
      const { line } = entry;
      if (line?.isParked && line.next(0)?.entry === entry && this.core.isComing(entry)) queues.wake(line);
    }
    for (const leaf of queues.leaves.values()) {
      if (leaf.urgent === 0 && this.now - leaf.earliest < settings.overdueMs) continue;
      for (const line of leaf.lines.values()) if (line.isParked && this.isPressing(line.next(0)?.entry)) queues.wake(line);
    }
  }

  private isPressing(entry: Entry | undefined): boolean {
    return entry !== undefined && isPressing(entry, this.now, this.core.settings.overdueMs);
  }

  /** Without quotas and promises it is known what it looks for before its turn. */
  private parkUnseen(line: Line): boolean {
    const { admission, promises } = this.core;
    const head = line.next(0)?.entry;
    if (!admission.isFree || promises.length > 0 || line.kind.isSolid || !head || head.reservation) return false;
    const { options } = admission.optionsOf(head, false);
    if (options.some(({ fit }) => fit.need.near !== undefined)) return false;
    this.parking.parkUnseen(line, options);
    return true;
  }
}
