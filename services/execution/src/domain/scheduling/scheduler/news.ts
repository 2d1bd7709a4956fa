import type { Core } from './core.ts';
import type { Berths } from './cove.ts';
import type { Berth, Entry, Line, Reservation } from './entry.ts';
import type { Option } from './options.ts';
import type { Sought } from './sought.ts';

/**
 * Where something may have become better for somebody since those who ask for the same looked in vain: everywhere
 * else it would find nothing again, and whoever looks there alone finds what it would have found everywhere.
 */
export class News {
  /** Within this round it may have become better anywhere. */
  private isOutdated = false;
  private readonly awaiting = new Set<Line>();

  constructor(
    private readonly core: Core,
    private readonly berths: Berths,
    private readonly sought: Sought,
  ) {}

  /** What a queue may have, and what promises leave, changes with what happens elsewhere. */
  get areKnown(): boolean {
    return this.core.admission.isFree && this.core.promises.length === 0;
  }

  /** Somebody makes way or keeps nothing any more, and that is not told before the others are looked at. */
  outdate(): void {
    this.isOutdated = true;
  }

  /** It found room that those give back who make way already: where that is has to be found again. */
  await({ line }: Entry, option: Option): void {
    this.berths.await(this.berths.of(option));
    if (!line) return;
    this.awaiting.add(line);
    this.sought.forget(line);
  }

  isAwaited(line: Line): boolean {
    return this.awaiting.has(line);
  }

  /** For whom room is being made, and that is looked at in every round; null: it may be anywhere. */
  sinceKept(reservation: Reservation): ReadonlySet<string> | null {
    return this.areKnown && !this.isOutdated ? this.sought.since(reservation) : null;
  }

  /** Where all of it would be, or one member at least; null: it may be anywhere. */
  for(entry: Entry, option: Option): ReadonlySet<string> | null {
    const machines = this.ofMembers(entry, option);
    // The others of a gang may be where nothing has changed.
    return option.fit.nodes > 1 && machines !== null && machines.size > 0 ? null : machines;
  }

  /** Where one member of it at least would be; null: it may be anywhere. */
  ofMembers(entry: Entry, option: Option): ReadonlySet<string> | null {
    const { line, reservation } = entry;
    const { near, apart } = option.fit.need;
    if (!line || near || apart || !this.areKnown || this.isOutdated) return null;
    if (reservation) return line.isParked && line.next(0)?.entry === entry ? this.withinBerth(line, option) : null;
    return line.isParked ? this.withinBerth(line, option) : this.sought.since(line);
  }

  /** Where there may be something for anybody of it who keeps nothing for itself; null: anywhere, or on more machines than so many. */
  ofBerth(berth: Berth, most: number): ReadonlySet<string> | null {
    const { need } = berth.fit;
    if (need.near || need.apart || !this.areKnown || this.isOutdated || berth.within === null) return null;
    return berth.within.size > most ? null : berth.within;
  }

  private withinBerth(line: Line, option: Option): ReadonlySet<string> | null {
    const berth = this.berths.known(option);
    return berth && line.coves.some((cove) => cove.berth === berth) ? berth.within : null;
  }
}
