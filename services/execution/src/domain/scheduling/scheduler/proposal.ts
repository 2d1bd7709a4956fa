import type { Decision, Seat } from '../request.ts';
import type { ParkedBerth } from './cove.ts';
import type { Leaf, Line, Reservation } from './entry.ts';

/** What a round found out beside what it proposed. */
export interface Found {
  /** As far as it knew of what had become better. */
  readonly position: number;
  /** For whom there was nothing. */
  readonly inVain: ReadonlySet<Line | Reservation>;
  readonly closed: readonly ParkedBerth[];
  /** Somebody of them would have kept machines for itself, if others had not come first. */
  readonly putOff: Iterable<Leaf>;
}

/** Something that was told, as a decision would have it. */
export type Told =
  | { readonly kind: 'place' | 'reserve'; readonly at: number; readonly choice: number; readonly seats: readonly Seat[] }
  | { readonly kind: 'preempt'; readonly at: number }
  | { readonly kind: 'expire' };

const areSame = (ones: readonly Seat[], others: readonly Seat[]): boolean =>
  ones === others ||
  (ones.length === others.length &&
    ones.every(({ machine, gpus, slice }, member) => {
      const other = others[member];
      return other?.machine === machine && other.slice === slice && other.gpus.join() === gpus.join();
    }));

/** Who begins or makes way a little later than was proposed leaves others no more than it would have. */
const isAsProposed = (decision: Decision, told: Told, now: number): boolean => {
  if (decision.kind === 'expire' || told.kind === 'expire') return decision.kind === told.kind;
  if (decision.kind === 'preempt' || told.kind === 'preempt') return decision.kind === told.kind && told.at >= now;
  if (decision.kind !== told.kind || decision.choice !== told.choice || !areSame(decision.seats, told.seats)) return false;
  return decision.kind === 'reserve' ? told.at === decision.at : told.at >= now;
};

/** What a round proposed, until all of it has been told as it was proposed: then what it found out beside it holds as well. */
export class Proposal {
  private readonly open: Map<string, Decision>;

  constructor(
    decisions: readonly Decision[],
    private readonly now: number,
    readonly found: Found,
  ) {
    this.open = new Map(decisions.map((decision) => [`${decision.kind}/${decision.request}`, decision]));
  }

  get isFact(): boolean {
    return this.open.size === 0;
  }

  hear(request: string, told: Told): void {
    const key = `${told.kind}/${request}`;
    const decision = this.open.get(key);
    if (decision && isAsProposed(decision, told, this.now)) this.open.delete(key);
  }
}
