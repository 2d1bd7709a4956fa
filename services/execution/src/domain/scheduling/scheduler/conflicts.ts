import type { Entry, Reservation } from './entry.ts';
import type { Reservations } from './reservations.ts';

const none: readonly Reservation[] = [];

const everyOne = (): boolean => true;

/** Who begins on what it kept, until that has been told. */
interface Begun {
  readonly begun: ReadonlyMap<Entry, Reservation>;
  hasBegunOn(machine: string): boolean;
}

/** Reservations that somebody would delay. Found out machine by machine: hardly any is asked about. */
export class Conflicts {
  private readonly entry: Entry;
  /** When all of it has ended at the latest. */
  private readonly end: number;
  private readonly trial: Begun;

  constructor(
    private readonly reservations: Reservations,
    { entry, end, trial }: { readonly entry: Entry; readonly end: number; readonly trial: Begun },
  ) {
    this.entry = entry;
    this.end = end;
    this.trial = trial;
  }

  /** Nobody keeps anything that it could be in the way of; otherwise somebody might. */
  get areNone(): boolean {
    if (this.trial.begun.size > 0) return false;
    return this.reservations.size === 0 || this.reservations.countBefore(this.end) === 0;
  }

  on(machine: string): readonly Reservation[] {
    const all = this.reservations.on(machine);
    return all.length === 0 ? none : all.filter((each) => this.isDelayed(each));
  }

  /** Some that this says are there. */
  has(machine: string, isMeant: (reservation: Reservation) => boolean = everyOne): boolean {
    for (const each of this.reservations.on(machine)) if (this.isDelayed(each) && isMeant(each)) return true;
    return this.trial.hasBegunOn(machine);
  }

  private isDelayed({ at, entry }: Reservation): boolean {
    return at < this.end && entry !== this.entry && !this.reservations.idle.has(entry);
  }
}
