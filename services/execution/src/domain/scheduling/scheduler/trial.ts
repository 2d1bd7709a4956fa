import type { Amounts } from '../admission/quota-node.ts';
import { Conflicts } from './conflicts.ts';
import type { Core } from './core.ts';
import { type Entry, endOf, type Hold, type Reservation } from './entry.ts';
import type { Reserved } from './facts.ts';

/** What is done while deciding, to see what follows from it, and undone at the end. */
export class Trial {
  private readonly steps: (() => void)[] = [];
  /** For whom what they keep counts as held already. */
  readonly expected = new Set<Entry>();
  /** Who begins where it kept machines: what it was in the way of, it is in the way of until that has been told. */
  readonly begun = new Map<Entry, Reservation>();
  private readonly begunOn = new Map<string, number>();
  /** Of these, how many follow from facts alone. */
  private known = 0;

  constructor(
    private readonly core: Core,
    readonly now: number,
  ) {}

  /** Nothing has been tried: what is found out now holds until a fact comes. */
  get isClean(): boolean {
    return this.steps.length === this.known;
  }

  /** So that it can be undone to here. */
  mark(): number {
    return this.steps.length;
  }

  undo(mark = 0): void {
    while (this.steps.length > mark) this.steps.pop()?.();
  }

  take(hold: Hold): void {
    this.core.cluster.enlist(hold);
    this.steps.push(() => this.core.cluster.strike(hold));
  }

  charge(queue: string, amounts: Amounts, sign: 1 | -1): void {
    const { cluster } = this.core;
    cluster.suppose(queue, amounts, sign);
    this.steps.push(() => cluster.suppose(queue, amounts, sign === 1 ? -1 : 1));
  }

  /** What its queue will hold when room has been made for it; without quotas that changes the order, and nobody's room. */
  expect(entry: Entry): void {
    const { cluster, admission } = this.core;
    const { request, reservation } = entry;
    this.expected.add(entry);
    this.steps.push(() => this.expected.delete(entry));
    if (admission.isFree) this.known += 1;
    for (const { machine, gpus } of reservation?.seats ?? []) {
      if (!reservation) continue;
      this.charge(request.queue, cluster.amountsOf(reservation.need, machine, gpus), 1);
      if (admission.isFree) this.known += 1;
    }
  }

  /** Its queue does not hold what it has any more. */
  discount({ request, running }: Entry): void {
    for (const hold of running?.holds ?? []) if (hold) this.charge(request.queue, hold.amounts, -1);
  }

  /** As if this member had ended. */
  vacate(hold: Hold): void {
    const { amounts, entry } = hold;
    this.core.cluster.strike(hold);
    this.steps.push(() => this.core.cluster.enlist(hold));
    this.charge(entry.request.queue, amounts, -1);
  }

  makeWay(entry: Entry): void {
    const { running } = entry;
    if (!running) return;
    this.core.runners.makesWay(entry, running, this.now);
    this.steps.push(() => this.core.runners.stays(entry, running));
  }

  reserve(entry: Entry, reserved: Reserved, level: Reservation['level']): void {
    const { reservations } = this.core;
    const need = entry.shape.ask.choices[reserved.choice];
    if (!need) return;
    const before = reservations.drop(entry);
    const leaf = this.core.queues.leafOf(entry.request.queue);
    reservations.add({ ...reserved, entry, need, level, number: reservations.next() });
    leaf.reserved.add(entry);
    this.steps.push(() => {
      reservations.drop(entry);
      if (before) reservations.add(before);
      else leaf.reserved.delete(entry);
    });
  }

  unreserve(entry: Entry): void {
    const before = this.core.reservations.drop(entry);
    if (!before) return;
    const { reserved } = this.core.queues.leafOf(entry.request.queue);
    reserved.delete(entry);
    this.steps.push(() => {
      this.core.reservations.add(before);
      reserved.add(entry);
    });
  }

  /** It takes what it has kept: within this trial nobody finds more there than before. */
  begin(entry: Entry): void {
    const { reservation } = entry;
    this.unreserve(entry);
    if (!reservation) return;
    this.begun.set(entry, reservation);
    this.count(reservation, 1);
    this.steps.push(() => {
      this.begun.delete(entry);
      this.count(reservation, -1);
    });
  }

  hasBegunOn(machine: string): boolean {
    return (this.begunOn.get(machine) ?? 0) > 0;
  }

  private count({ seats }: Reservation, change: 1 | -1): void {
    for (const { machine } of seats) this.begunOn.set(machine, (this.begunOn.get(machine) ?? 0) + change);
  }

  /** Reservations that it would delay if it started then. */
  conflicts(entry: Entry, begins = this.now): Conflicts {
    const { reservations, settings } = this.core;
    return new Conflicts(reservations, { entry, end: endOf(begins, entry.shape.limitMs, settings.graceMs), trial: this });
  }
}
