import type { Line } from './entry.ts';
import type { WaitReason } from './facts.ts';

/** What is asked for, and whether it would make way: while nobody has a quota, ranks and queues change nothing about what it may get. */
const groupOf = ({ shape }: Line): number => 2 * shape.asked + (shape.isPreemptible ? 1 : 0);

/**
 * Of whom it is known in one round that there is nothing for them. Among those that ask for the same the one with the shortest limit has
 * the fewest reservations in its way: where it found nothing, nobody does.
 */
export class Hopeless {
  /** By what is asked for: the shortest limit of those that are looked at, and of those that found nothing. */
  private readonly shortest = new Map<number, number>();
  private readonly inVain = new Map<number, number>();
  private readonly open = new Set<number>();
  private readonly reasons = new Map<number, WaitReason>();
  /** They keep machines that nobody else may have: what others are told says nothing of them. */
  private readonly keepers = new Set<Line>();

  add(line: Line): void {
    if (line.next(0)?.entry.reservation) this.keepers.add(line);
    else this.expect(line);
  }

  /** Its next one will be looked at. */
  expect(line: Line): void {
    const group = groupOf(line);
    const { limitMs } = line.shape;
    this.shortest.set(group, Math.min(limitMs, this.shortest.get(group) ?? limitMs));
    if (limitMs < (this.inVain.get(group) ?? Number.POSITIVE_INFINITY)) this.open.add(group);
  }

  /** It has been looked at by itself. */
  seen(line: Line): void {
    this.keepers.delete(line);
  }

  /** There was nothing for it. */
  mark(line: Line, reason: WaitReason): void {
    const group = groupOf(line);
    const { limitMs } = line.shape;
    this.inVain.set(group, Math.min(limitMs, this.inVain.get(group) ?? limitMs));
    this.reasons.set(group, reason);
    if (limitMs <= (this.shortest.get(group) ?? limitMs)) this.open.delete(group);
  }

  /** Somebody makes way: more may be had where others make way, too. */
  forget(): void {
    this.inVain.clear();
    for (const group of this.shortest.keys()) this.open.add(group);
  }

  get isAll(): boolean {
    return this.open.size === 0 && this.keepers.size === 0;
  }

  /** What those that ask for the same were told. */
  reasonOf(line: Line): WaitReason | undefined {
    return this.reasons.get(groupOf(line));
  }
}
