import type { Seat } from '../request.ts';
import type { Core } from './core.ts';
import type { Berths } from './cove.ts';
import type { Berth, Entry, Line, Reservation } from './entry.ts';
import type { Option } from './options.ts';
import type { Sought } from './sought.ts';

/**
 * Where something may have become better for somebody since those who ask for the same looked in vain, before this round and in it:
 * everywhere else it would find nothing again, and whoever looks there alone finds what it would have found everywhere.
 */
export class News {
  /** Where somebody makes way, or keeps nothing any more, within this round. */
  private readonly proposed: string[] = [];
  /** How many of these somebody has asked for. */
  private taken = 0;
  /** How many there were when there was nothing for these. */
  private readonly asked = new Map<Berth | Line, number>();
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
    for (const { machine } of seats) this.proposed.push(machine);
  }

  takeLatest(): readonly string[] {
    const latest = this.proposed.slice(this.taken);
    this.taken = this.proposed.length;
    return latest;
  }

  /** It found room that those give back who make way already: where that is has to be found again. */
  await({ line }: Entry, option: Option, seats: readonly Seat[]): void {
    const berth = this.berths.of(option);
    const machines = seats.map(({ machine }) => machine);
    this.berths.await(berth, machines);
    this.asked.delete(berth);
    if (!line) return;
    this.asked.delete(line);
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

  /** There was nothing for anybody of it who keeps nothing for itself, as things stand within this round. */
  inVain(who: Berth | Line): void {
    this.asked.set(who, this.proposed.length);
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
    if (!line || near || apart || !this.areKnown) return null;
    if (reservation) return line.isParked && line.next(0)?.entry === entry ? this.withProposed(this.withinBerth(line, option)) : null;
    const asked = this.asked.get(line.isParked ? (this.berths.known(option) ?? line) : line);
    if (asked !== undefined) return new Set(this.proposed.slice(asked));
    return this.withProposed(line.isParked ? this.withinBerth(line, option) : this.sought.since(line));
  }

  private withinBerth(line: Line, option: Option): ReadonlySet<string> | null {
    const berth = this.berths.known(option);
    return berth && line.coves.some((cove) => cove.berth === berth) ? berth.within : null;
  }

  private withProposed(machines: ReadonlySet<string> | null): ReadonlySet<string> | null {
    return machines === null || this.proposed.length === 0 ? machines : new Set([...machines, ...this.proposed]);
  }
}
