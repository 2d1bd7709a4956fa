import type { Seat } from '../request.ts';
import type { Core } from './core.ts';
import type { Berths } from './cove.ts';
import type { Entry, Line, Reservation } from './entry.ts';
import type { Option } from './options.ts';
import type { Sought } from './sought.ts';

/**
 * Where something may have become better for somebody since those who ask for the same looked in vain, before this round and in it:
 * everywhere else it would find nothing again, and whoever looks there alone finds what it would have found everywhere.
 */
export class News {
  /** Where somebody makes way, or keeps nothing any more, within this round. */
  private readonly proposed = new Set<string>();
  /** Of these, since somebody asked last. */
  private latest: string[] = [];
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

  add({ seats }: { readonly seats: readonly Seat[] }): void {
    for (const { machine } of seats) {
      this.proposed.add(machine);
      this.latest.push(machine);
    }
  }

  takeLatest(): readonly string[] {
    const { latest } = this;
    this.latest = [];
    return latest;
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
    return this.areKnown ? this.withProposed(this.sought.since(reservation)) : null;
  }

  /** Null: it may be anywhere. */
  for(entry: Entry, option: Option): ReadonlySet<string> | null {
    const { line, reservation } = entry;
    const { nodes, need } = option.fit;
    if (!line || need.near || need.apart || !this.areKnown) return null;
    if (reservation && !(line.isParked && line.next(0)?.entry === entry)) return null;
    const within = this.withProposed(line.isParked ? this.withinBerth(line, option) : this.sought.since(line));
    // The others of a gang may be where nothing has changed.
    return nodes > 1 && within !== null && within.size > 0 ? null : within;
  }

  private withinBerth(line: Line, option: Option): ReadonlySet<string> | null {
    const berth = this.berths.known(option);
    return berth && line.coves.some((cove) => cove.berth === berth) ? berth.within : null;
  }

  private withProposed(machines: ReadonlySet<string> | null): ReadonlySet<string> | null {
    return machines === null || this.proposed.size === 0 ? machines : new Set([...machines, ...this.proposed]);
  }
}
