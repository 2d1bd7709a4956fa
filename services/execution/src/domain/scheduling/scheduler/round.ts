import type { Decision } from '../request.ts';
import { Barren } from './barren.ts';
import { Coming } from './coming.ts';
import type { Core } from './core.ts';
import { type Entry, isPressing, type Line } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { Findings } from './findings.ts';
import { Gathering } from './gathering.ts';
import { Hopeless } from './hopeless.ts';
import { levels } from './level.ts';
import { News } from './news.ts';
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
  private readonly news: News;
  private readonly coming: Coming;
  private readonly findings: Findings;
  /**
   * There may be something for those who were told that there is nothing. The round is over then: the next one knows of it as a fact, and
   * within one round what found nothing finds nothing, looked at or not.
   */
  private isReopened = false;

  private readonly core: Core;
  private readonly parking: Parking;
  private readonly now: number;
  private readonly limit: number;
  private readonly isOfAll: boolean;
  /** Who is known to find nothing need not take part. */
  private readonly mayLeaveOut: boolean;

  constructor(core: Core, parking: Parking, { now, limit, isOfAll = false }: RoundOptions) {
    this.core = core;
    this.parking = parking;
    this.now = now;
    this.limit = limit;
    this.isOfAll = isOfAll;
    parking.judge(now);
    this.trial = new Trial(core, now);
    this.news = new News(core, parking.berths, parking.sought);
    this.placing = new Placing(core, parking, this.trial, this.news);
    this.victims = new Victims(core, this.trial, this.news);
    this.reserving = new Reserving(core, this.trial);
    this.coming = new Coming(core, this.news, now);
    this.mayLeaveOut = this.news.areKnown && !isOfAll;
    const barren = this.mayLeaveOut ? new Barren(core, this.trial, this.news) : null;
    this.hopeless = new Hopeless({ core, berths: parking.berths, now, reserving: this.reserving, barren });
    this.findings = new Findings(core, { berths: parking.berths, hopeless: this.hopeless, news: this.news });
    this.turns = new Turns(core, now, this.hopeless);
  }

  run(): readonly Decision[] {
    for (const { request } of this.core.queues.lateOnes()) {
      if (this.decisions.length === this.limit) return this.decisions;
      this.decisions.push({ kind: 'expire', request: request.id });
    }
    const { core, parking, hopeless, turns, now, mayLeaveOut } = this;
    const kept = new Gathering({ core, parking, hopeless, turns, now, mayLeaveOut }).run();
    this.turns.start();
    try {
      let turn = this.turns.next();
      for (; turn && !this.isReopened && this.decisions.length < this.limit; turn = this.turns.next()) this.take(turn);
      this.conclude(turn === null, kept);
    } finally {
      this.trial.undo();
      for (const line of this.core.queues.active) this.core.admission.keepers.delete(line);
    }
    return this.decisions;
  }

  /** What was found out holds until a fact comes; beside something that was proposed, when that has become a fact. */
  private conclude(isOver: boolean, kept: readonly Line[]): void {
    if (isOver && this.trial.isClean) this.parking.settled((leaf) => this.reserving.isNext(leaf));
    if (!this.isOfAll && this.news.areKnown) this.parking.propose(this.decisions, this.now, this.findings.of(isOver, kept));
  }

  private take(turn: Turn): void {
    const { entry, line } = turn;
    this.findings.looked.add(line);
    if (this.coming.isKnown(entry, line)) {
      this.findings.coming(entry);
      this.come(entry, line);
      this.reopen();
      return;
    }
    const admitted = this.core.admission.optionsOf(entry, line.kind.isSolid);
    const { reservation } = entry;
    const mark = this.trial.mark();
    const found = this.find(entry, admitted);
    if (typeof found === 'string') this.block(turn, admitted, found);
    else if (turn.isAhead) {
      this.trial.undo(mark);
      this.turns.deferred();
    } else {
      this.propose(entry, found);
      this.turns.placed();
      if (reservation) {
        line.leaf.isUnreserved = true;
        // What it begins on it has kept: without quotas nothing is better for anybody before it has been told.
        this.isReopened = found.way !== 'reserved' || !this.core.admission.isFree;
      }
    }
    this.reopen();
  }

  private reopen(): void {
    if (!this.isReopened || !this.isOfAll) return;
    this.isReopened = false;
    this.news.outdate();
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
    line.reason = reason;
    this.keepQuota(line, entry, admitted.blocked);
    if (isComing) this.findings.coming(entry);
    if (takeover || isComing) {
      this.come(entry, line);
      return;
    }
    if (!hasKept) {
      this.hopeless.mark(line, admitted.options);
      this.findings.blocked(line);
    }
    this.turns.blocked();
    // It has not looked for all that those behind it may have when it is gone.
    if (this.core.admission.isFree && this.isSoon(entry)) this.core.queues.wake(line);
    else if (isClean && this.trial.isClean) this.park(turn, admitted, isReserved);
  }

  /** Its moment comes before anybody could have made way. */
  private isSoon({ reservation }: Entry): boolean {
    return reservation !== null && reservation.at >= this.now && reservation.at <= this.now + this.core.settings.graceMs;
  }

  /** Room is made for it: it counts as if it were there, and the next of its queue may have others make way, too. */
  private come(entry: Entry, line: Line): void {
    line.reason = 'preempting';
    if (line.isParked) this.core.queues.wake(line);
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
    if (!options.some(({ level }) => this.reserving.mayNow(entry, level))) {
      this.findings.putOff(entry);
      return false;
    }
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

  private isPressing(entry: Entry): boolean {
    return isPressing(entry, this.now, this.core.settings.overdueMs);
  }

  /** Of a limit that stopped somebody for too long, those behind it take no more. */
  private keepQuota(line: Line, entry: Entry, blocked: ReadonlyMap<string, string>): void {
    if (blocked.size > 0 && this.isPressing(entry)) this.core.admission.keepers.set(line, { entry, blocked });
  }
}
