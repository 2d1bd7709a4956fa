import type { QuotaNode } from '../admission/quota-node.ts';
import type { Need } from '../placement/need.ts';
import type { Ask, Request, Seat } from '../request.ts';
import type { Core } from './core.ts';
import type { Entry, Hold, Reservation, Running } from './entry.ts';
import type { Placed, Promised, Reserved, Returned } from './facts.ts';
import { type Level, levelOf, mayDisplace } from './level.ts';
import type { Parking } from './parking.ts';
import { sumOf } from './placing.ts';
import { remark } from './remark.ts';
import type { PlacementRules } from './settings.ts';

const nowhere: readonly string[] = [];

/** Writes down what has become a fact, and wakes those whom it may help. */
export class Ledger {
  constructor(
    private readonly core: Core,
    private readonly parking: Parking,
  ) {}

  setQuotas(nodes: readonly QuotaNode[], now: number): void {
    this.core.tree.setNodes(nodes, now);
    this.core.admission.isFree = nodes.length === 0;
    remark(this.core);
    this.core.reservations.rejudge((reservation) => this.levelFor(reservation));
    this.parking.everything();
  }

  setPromises(promises: readonly Promised[]): void {
    this.core.promises = promises;
    this.core.cluster.islands.set(promises);
    this.parking.everything();
  }

  setPlacement(rules: PlacementRules): void {
    this.core.setPlacement(rules);
    this.parking.everything();
  }

  submit(request: Request): void {
    if (this.core.entries.has(request.id)) return;
    const { ageingMs } = this.core.settings;
    const shape = this.core.shapes.take(request);
    const entry: Entry = {
      request: this.lean(request, shape.ask),
      shape,
      vt: request.submittedAt - request.rank * ageingMs,
      notBefore: 0,
      avoid: nowhere,
      preemptions: 0,
      line: null,
      running: null,
      reservation: null,
    };
    this.core.entries.set(request.id, entry);
    this.core.queues.enter(entry);
    const [first] = shape.ask.choices;
    if (first) for (const [, placer] of this.core.allPlacers) placer.note(first);
  }

  /** There may be a million: what they have in common is there once, and what else somebody knows of them is not kept. */
  private lean(request: Request, ask: Ask): Request {
    // It is one that was made here before, and is told again.
    if (request.ask === ask) return request;
    const { id, rank, isPreemptible, limitMs, deadlineAt, submittedAt } = request;
    const queue = this.core.queues.leaves.get(request.queue)?.queue ?? request.queue;
    return { id, queue, ask, rank, isPreemptible, limitMs, deadlineAt, submittedAt };
  }

  placed(id: string, placed: Placed): void {
    this.parking.hear(id, { ...placed, kind: 'place' });
    const entry = this.core.entries.get(id);
    const need = entry?.shape.ask.choices[placed.choice];
    if (!entry || !need || entry.running) return;
    this.leave(entry);
    const { holds } = this.hold(entry, need, placed);
    for (const hold of holds) if (hold) this.core.cluster.charge(hold, 1, placed.at);
    this.drop(entry);
    this.displace(entry, placed.seats, null);
    this.parking.placed(entry);
  }

  /** Machines that its queue has been charged for. */
  resume(
    entry: Entry,
    placed: Placed,
    { vacated, preemptingAt }: { readonly vacated: readonly number[]; readonly preemptingAt: number | null },
  ): void {
    const need = entry.shape.ask.choices[placed.choice];
    if (!need) return;
    this.core.queues.leave(entry);
    const running = this.hold(entry, need, placed);
    for (const member of vacated) this.release(entry, running, member);
    if (preemptingAt !== null) this.core.runners.makesWay(entry, running, preemptingAt);
    this.parking.placed(entry);
  }

  preempting(id: string, at: number): void {
    this.parking.hear(id, { kind: 'preempt', at });
    const entry = this.core.entries.get(id);
    if (!entry?.running) return;
    this.core.runners.makesWay(entry, entry.running, at);
    this.parking.improve(entry);
  }

  reserved(id: string, reserved: Reserved): void {
    this.parking.hear(id, { ...reserved, kind: 'reserve' });
    const entry = this.core.entries.get(id);
    const need = entry?.shape.ask.choices[reserved.choice];
    if (!entry || !need || entry.running) return;
    this.keep({ ...reserved, entry, need, level: this.levelFor({ ...reserved, entry, need }), number: this.core.reservations.next() });
    if (entry.reservation) this.displace(entry, reserved.seats, entry.reservation);
  }

  private levelFor({ entry: { request }, need, seats }: Pick<Reservation, 'entry' | 'need' | 'seats'>): Level {
    const amounts = sumOf(seats.map((seat) => this.core.cluster.amountsOf(need, seat.machine, seat.gpus)));
    return levelOf(!this.core.admission.isFree && this.core.tree.isGuaranteed(request.queue, amounts), request.isPreemptible);
  }

  keep(reservation: Reservation): void {
    const { entry } = reservation;
    this.drop(entry);
    this.core.reservations.add(reservation);
    this.core.queues.leafOf(entry.request.queue).reserved.add(entry);
  }

  vacated(id: string, member: number, at: number): void {
    const entry = this.core.entries.get(id);
    const hold = entry?.running?.holds[member];
    if (!entry?.running || !hold) return;
    this.release(entry, entry.running, member);
    this.core.cluster.charge(hold, -1, at);
    this.parking.givenBack(entry.request.queue);
  }

  ended(id: string, at: number): void {
    this.parking.hear(id, { kind: 'expire' });
    const entry = this.core.entries.get(id);
    if (!entry) return;
    this.stop(entry, at);
    this.leave(entry);
    this.drop(entry);
    this.core.entries.delete(id);
    this.core.shapes.drop(entry.shape);
    const leaf = this.core.queues.leaves.get(entry.request.queue);
    if (leaf) this.core.queues.forget(leaf);
  }

  returned(id: string, { at, notBefore, failedOn, isPreempted }: Returned): void {
    const entry = this.core.entries.get(id);
    if (!entry) return;
    const wasRunning = this.stop(entry, at);
    if (!wasRunning) this.core.queues.leave(entry);
    entry.notBefore = notBefore;
    if (isPreempted) entry.preemptions += 1;
    if (failedOn !== null && !entry.avoid.includes(failedOn)) entry.avoid = [...entry.avoid, failedOn];
    this.core.queues.enter(entry);
  }

  /** Nobody can count on this machine any more, or on these GPUs of it: whoever kept them for itself has to look again. */
  unkeep(machine: string, gpus: ReadonlySet<number> | null = null): void {
    for (const { entry, seats } of this.core.reservations.on(machine)) {
      if (gpus === null || seats.some((seat) => seat.machine === machine && seat.gpus.some((gpu) => gpus.has(gpu)))) this.drop(entry);
    }
  }

  private hold(entry: Entry, need: Need, placed: Placed): Running {
    const holds = placed.seats.map((seat, member): Hold => {
      const amounts = this.core.cluster.amountsOf(need, seat.machine, seat.gpus);
      return { entry, member, seat, need, at: placed.at, amounts, place: null };
    });
    const running: Running = { ...placed, holds, preemptingAt: null };
    for (const hold of holds) this.core.cluster.take(hold);
    this.core.runners.began(entry, running);
    return running;
  }

  private release(entry: Entry, running: Running, member: number): void {
    const hold = running.holds[member];
    if (!hold) return;
    this.core.cluster.free(hold);
    this.core.runners.gaveBack(entry, running, member);
  }

  private stop(entry: Entry, at: number): boolean {
    const { running } = entry;
    if (!running) return false;
    for (const hold of running.holds) {
      if (!hold) continue;
      this.core.cluster.free(hold);
      this.core.cluster.charge(hold, -1, at);
    }
    this.core.runners.ended(entry);
    this.parking.givenBack(entry.request.queue);
    return true;
  }

  /** Of those who wait. */
  private leave(entry: Entry): void {
    if (entry.running) return;
    const { line } = entry;
    if (!this.core.queues.has(entry)) return;
    this.core.queues.leave(entry);
    if (line && this.core.admission.keepers.get(line)?.entry === entry) {
      this.core.admission.keepers.delete(line);
      this.parking.givenBack(entry.request.queue);
    }
  }

  private drop(entry: Entry): void {
    const dropped = this.core.reservations.drop(entry);
    if (!dropped) return;
    const leaf = this.core.queues.leafOf(entry.request.queue);
    leaf.reserved.delete(entry);
    this.parking.released(dropped, leaf);
    this.core.queues.forget(leaf);
  }

  /** Those of a lower level whose machines it got in the end keep them no more, nor those who could not use them at their moment. */
  private displace(entry: Entry, seats: readonly Seat[], reservation: Reservation | null): void {
    const at = entry.running?.at ?? Number.NEGATIVE_INFINITY;
    const level = reservation?.level ?? levelOf(!(entry.running?.isBorrowed ?? true), entry.request.isPreemptible);
    const held = reservation ? reservation.seats.map((seat) => ({ need: reservation.need, seat })) : [];
    for (const machine of new Set(seats.map((seat) => seat.machine))) {
      for (const other of this.core.reservations.on(machine)) {
        if (other.entry === entry || !(mayDisplace(level, other.level) || other.at <= at)) continue;
        if (!this.core.outlook.stillHolds(other, machine, held)) this.drop(other.entry);
      }
    }
  }
}
