import type { Decision } from '../request.ts';
import type { Core } from './core.ts';
import { type Entry, isPressing, type Line } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { Hopeless } from './hopeless.ts';
import { levels } from './level.ts';
import { fitsOf, type Option, type Options } from './options.ts';
import type { Parking } from './parking.ts';
import { Placing, type Spot } from './placing.ts';
import { Reserving } from './reserving.ts';
import { Trial } from './trial.ts';
import { type Turn, Turns } from './turns.ts';
import { type Takeover, Victims } from './victims.ts';

export interface RoundOptions {
  readonly now: number;
  readonly limit: number;
  /** Somebody asks why each one waits: all are looked at, as far as can be known before what is proposed is a fact. */
  readonly isOfAll?: boolean;
}

/** One look at all that wait, in their order: what is proposed to one is not there for the next. */
export class Round {
  private readonly decisions: Decision[] = [];
  private readonly trial: Trial;
  private readonly turns: Turns;
  private readonly placing: Placing;
  private readonly victims: Victims;
  private readonly reserving: Reserving;
  private readonly hopeless: Hopeless;
  /**
   * There may be something for those who were told that there is nothing. Where there are quotas, the round is over then: the next one
   * knows of it as a fact, and within one round what found nothing finds nothing, looked at or not.
   */
  private isReopened = false;

  private readonly core: Core;
  private readonly parking: Parking;
  private readonly now: number;
  private readonly limit: number;
  private readonly isOfAll: boolean;

  constructor(core: Core, parking: Parking, { now, limit, isOfAll = false }: RoundOptions) {
    this.core = core;
    this.parking = parking;
    this.now = now;
    this.limit = limit;
    this.isOfAll = isOfAll;
    parking.judge(now);
    this.trial = new Trial(core, now);
    this.placing = new Placing(core, parking, this.trial);
    this.victims = new Victims(core, this.trial);
    this.reserving = new Reserving(core, this.trial);
    this.hopeless = new Hopeless({ core, berths: parking.berths, now, reserving: this.reserving });
    this.turns = new Turns(core, now, this.hopeless);
  }

  run(): readonly Decision[] {
    for (const { request } of this.core.queues.lateOnes()) {
      if (this.decisions.length === this.limit) return this.decisions;
      this.decisions.push({ kind: 'expire', request: request.id });
    }
    this.gather();
    this.turns.start();
    try {
      let turn = this.turns.next();
      for (; turn && !this.isReopened && this.decisions.length < this.limit; turn = this.turns.next()) this.take(turn);
      if (!turn && this.trial.isClean) this.parking.settled((leaf) => this.reserving.isNext(leaf));
    } finally {
      this.trial.undo();
      for (const line of this.core.queues.active) this.core.admission.keepers.delete(line);
    }
    return this.decisions;
  }

  private gather(): void {
    const { queues, admission, reservations } = this.core;
    this.wakeAwaited();
    for (const line of [...queues.active]) {
      admission.keepers.delete(line);
      if (!this.parkUnseen(line)) this.turns.add(line);
    }
    this.hopeless.forget();
    for (const { entry } of reservations) {
      const { line } = entry;
      if (line?.isParked && line.next(0)?.entry === entry && line.coves.some(({ berth }) => berth.isOpen)) this.turns.add(line);
    }
    for (const leaf of this.hopeless.takers()) this.turns.addParked(leaf);
    for (const { entry } of this.parking.due(this.now)) if (entry.line) this.turns.addBeside(entry);
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

  private take(turn: Turn): void {
    const { entry, line } = turn;
    const admitted = this.core.admission.optionsOf(entry, line.kind.isSolid);
    const hasKept = entry.reservation !== null;
    const mark = this.trial.mark();
    const found = this.find(entry, admitted);
    if (typeof found === 'string') this.block(turn, admitted, found);
    else if (turn.isAhead) {
      this.trial.undo(mark);
      this.turns.deferred();
    } else {
      this.propose(entry, found);
      this.turns.placed();
      if (hasKept) {
        line.leaf.isUnreserved = true;
        this.isReopened = true;
      }
    }
    this.reopen();
  }

  private reopen(): void {
    if (!this.isReopened || !(this.core.admission.isFree || this.isOfAll)) return;
    this.isReopened = false;
    this.hopeless.forget();
    this.turns.reopen();
  }

  private find(entry: Entry, { options, isUnsolid }: Options): Spot | WaitReason {
    // Neither a higher limit nor patience would help it.
    if (options.length === 0 && this.core.serving.isHopeless(fitsOf(entry.shape))) return 'no-machine';
    if (options.length === 0) return isUnsolid ? 'solid-ground' : 'quota';
    return this.placing.placeReserved(entry) ?? this.placing.place(entry, options);
  }

  private propose(entry: Entry, { choice, seats, candidates, score, isBorrowed, way }: Spot): void {
    const policy = way ?? this.core.policyFor(entry.shape.ask.choices[choice]?.pool);
    const reasons = { policy, candidates, score };
    this.decisions.push({ kind: 'place', request: entry.request.id, choice, seats, reasons, isBorrowed });
  }

  private block(turn: Turn, admitted: Options, reason: WaitReason): void {
    const { entry, line } = turn;
    const isClean = this.trial.isClean;
    const hasKept = entry.reservation !== null;
    const isComing = admitted.options.length > 0 && this.core.isComing(entry);
    const takeover = isComing ? null : this.takeover(entry, admitted.options);
    if (takeover && turn.isAhead) {
      this.turns.deferred();
      return;
    }
    if (takeover) this.preempt(entry, takeover, admitted.options);
    const isReserved = takeover !== null || this.reserve(entry, admitted.options, reason);
    line.reason = takeover || isComing ? 'preempting' : reason;
    this.keepQuota(line, entry, admitted.blocked);
    if (takeover || isComing) {
      if (line.isParked) this.core.queues.wake(line);
      this.letNextTry(entry);
      return;
    }
    if (!hasKept) this.hopeless.mark(line, admitted.options);
    this.turns.blocked();
    if (isClean && this.trial.isClean) this.park(turn, admitted, isReserved);
  }

  /** Its moment comes before anybody could have made way. */
  private isSoon({ reservation }: Entry): boolean {
    return reservation !== null && reservation.at >= this.now && reservation.at <= this.now + this.core.settings.graceMs;
  }

  /** Room is made for it: it counts as if it were there, and the next of its queue may have others make way, too. */
  private letNextTry(entry: Entry): void {
    this.trial.expect(entry);
    this.turns.coming();
  }

  private takeover(entry: Entry, options: readonly Option[]): Takeover | null {
    if (this.isSoon(entry)) return null;
    for (const option of options) {
      const found = this.victims.find(entry, option);
      if (found) return found;
    }
    return null;
  }

  private preempt(entry: Entry, { choice, seats, victims }: Takeover, options: readonly Option[]): void {
    this.isReopened = true;
    for (const victim of victims) {
      this.trial.makeWay(victim.entry);
      this.decisions.push({ kind: 'preempt', request: victim.entry.request.id, by: entry.request.id, reason: victim.reason });
    }
    const reserved = { at: this.now + this.core.settings.graceMs, choice, seats };
    this.trial.reserve(entry, reserved, options.find((option) => option.choice === choice)?.level ?? levels.borrowed);
    this.decisions.push({ kind: 'reserve', request: entry.request.id, ...reserved });
  }

  /** True where it keeps machines for itself, or need not. */
  private reserve(entry: Entry, options: readonly Option[], reason: WaitReason): boolean {
    if (!this.reserving.isWanted(entry, options, reason)) return true;
    if (!options.some(({ level }) => this.reserving.mayNow(entry, level))) return false;
    const reserved = this.reserving.reserve(entry, options);
    if (reserved) this.decisions.push({ kind: 'reserve', request: entry.request.id, ...reserved });
    return true;
  }

  /** Nothing but a fact can help it. */
  private park({ entry, line }: Turn, { options, blocked }: Options, isReserved: boolean): void {
    const isFickle =
      line.kind.isSolid ||
      (!this.core.admission.isFree && this.isPressing(entry)) ||
      options.some(({ fit }) => fit.need.near !== undefined);
    if (isFickle || line.next(0)?.entry !== entry) return;
    this.parking.park(line, {
      options,
      nodes: blocked.keys(),
      wantsReservation: !isReserved,
    });
  }

  /** Of a limit that stopped somebody for too long, those behind it take no more. */
  private keepQuota(line: Line, entry: Entry, blocked: ReadonlyMap<string, string>): void {
    if (this.isPressing(entry) && blocked.size > 0) this.core.admission.keepers.set(line, { entry, blocked });
  }
}
