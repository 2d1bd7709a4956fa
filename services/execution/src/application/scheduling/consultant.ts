import { execution, type InputOf, instantOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Consulted } from '../../domain/scheduling/explain/consulted.ts';
import { explainWait, supposed } from '../../domain/scheduling/explain/explain.ts';
import { type Course, type Ending, Forward } from '../../domain/scheduling/explain/forward.ts';
import { type Offer, startsNow, variantsOf } from '../../domain/scheduling/explain/instead.ts';
import { movableFor, movesThatAdmit } from '../../domain/scheduling/explain/moves.ts';
import { proposalOf, quotaUsePage, runningPage, summaryOf, waitingPage } from '../../domain/scheduling/explain/queue-pages.ts';
import { Scene } from '../../domain/scheduling/explain/scene.ts';
import { Sight } from '../../domain/scheduling/explain/sight.ts';
import { shareOf, startOf } from '../../domain/scheduling/explain/start.ts';
import type { Request } from '../../domain/scheduling/request.ts';
import { requestOf } from '../../domain/scheduling/request-of.ts';
import type { Wait } from '../../domain/scheduling/scheduler/facts.ts';
import { Scheduler } from '../../domain/scheduling/scheduler/scheduler.ts';
import { freshMs, Orders, restFactor } from './orders.ts';
import { TimeSlice } from './time-slice.ts';

type Question = InputOf<typeof execution.ConsultScheduler>;

export interface ConsultantParts {
  readonly scheduler: Consulted;
  /** What can be rented now. */
  readonly offers: () => Promise<readonly Offer[]>;
}

/** Above so many requests and machines a cluster is not copied, played forward or supposed: the scheduler itself is asked, what costs least. */
const mostCopied = 10_000;
/** Above so many not even that: finding their order takes seconds, a small piece at a time. */
const mostAsked = 250_000;
const mostSteps = 2_000;
const playMs = 1_500;
const variantsMs = 1_000;
const mostAlternatives = 4;
const movesMs = 3_000;
const mostAdmitted = 8;
const mostEmptied = 16;
const mostGuests = 64;
const roundLimit = 1_024;

/** Of the policy `random` alone: a guess need not be lucky. */
const unlucky = (): number => 0.5;

/** Answers what only the process knows that holds the scheduler. It asks the scheduler for a copy, and never keeps it from its work. */
export class Consultant {
  private scene: { readonly seen: Scene; readonly staleAt: number } | undefined;
  private readonly orders: Orders;

  constructor(private readonly parts: ConsultantParts) {
    this.orders = new Orders(parts.scheduler);
  }

  async answer(question: Question): Promise<{ readonly answer: unknown }> {
    const { waiting, placed, machines } = this.parts.scheduler.load();
    const size = waiting + placed + machines;
    if (size > mostCopied) return { answer: size > mostAsked ? tooLarge(mostAsked) : await this.ask(question) };
    switch (question.about) {
      case 'request':
        return { answer: await this.explain(this.look(), question) };
      case 'what-if':
        return { answer: await this.suppose(question) };
      case 'moves':
        return { answer: await this.moves(this.look()) };
      case 'waiting':
        return { answer: { ...waitingPage(this.look(), question), summary: summaryOf(this.look()) } };
      case 'running':
        return { answer: runningPage(this.look(), question) };
      case 'quotas':
        return { answer: quotaUsePage(this.look(), question) };
    }
  }

  /** Of many: nothing is copied or tried, and what is asked for alone is looked at. */
  private async ask(question: Question): Promise<unknown> {
    switch (question.about) {
      case 'request': {
        const sight = this.glance(await this.orders.find());
        const { id } = question;
        const reason = sight.reasonOf(id);
        const start = startOf(unplayed, { reason: reason ?? 'all-busy', reserved: sight.reservations.get(id), now: sight.now });
        return { asOf: instantOf(sight.now), waiting: explainWait(sight, id, { ...start, instead: [] }) ?? null };
      }
      case 'waiting': {
        const sight = this.glance(await this.orders.find());
        return { ...waitingPage(sight, question), summary: summaryOf(sight) };
      }
      case 'running':
        return runningPage(this.glance(), question);
      case 'quotas':
        return quotaUsePage(this.glance(), question);
      case 'what-if':
        return this.supposeAlone(question);
      case 'moves':
        return tooLarge(mostCopied);
    }
  }

  /** Of this moment: to be used before anybody is waited for. */
  private glance(waits: readonly Wait[] = []): Sight {
    return this.parts.scheduler.glance(systemClock.now(), waits);
  }

  private look(): Scene {
    const now = systemClock.now();
    if (this.scene && now < this.scene.staleAt) return this.scene.seen;
    const seen = new Scene(this.parts.scheduler.look(now));
    const tookMs = systemClock.now() - now;
    this.scene = { seen, staleAt: now + Math.max(freshMs, restFactor * tookMs) };
    return seen;
  }

  private async explain(scene: Scene, { id, meanShare }: Asked): Promise<Explained> {
    const { now } = scene;
    const asOf = instantOf(now);
    const known = scene.requests.get(id);
    const reason = scene.reasonOf(id);
    if (!known || !reason) return { asOf, waiting: null };
    const share = shareOf(meanShare);
    const late = await this.play(scene, id, { share: 1, graceMs: scene.settings.graceMs });
    // Whoever makes way may be gone before its grace is over.
    const early = await this.play(scene, id, { share: share.usual, graceMs: 0 });
    const start = startOf({ late, early, share }, { reason, reserved: scene.reservations.get(id), now });
    const instead = await this.insteadOf(scene, known.request);
    return { asOf, waiting: explainWait(scene, id, { ...start, instead }) ?? null };
  }

  /** When it starts if each run goes so; undefined: that takes too long to find out. */
  private async play(scene: Scene, target: string, pace: Pick<Course, 'share' | 'graceMs'>): Promise<Ending | undefined> {
    const { now, parts } = scene;
    const { requests } = parts.snapshot;
    const forward = new Forward({ scheduler: copyOf(scene), requests, target, now, ...pace });
    const turns = new TimeSlice(playMs);
    for (let steps = 0; steps < mostSteps && forward.result === null && !turns.isOver; steps += 1) {
      forward.step();
      await turns.rest();
    }
    return forward.result ?? undefined;
  }

  private async insteadOf(scene: Scene, request: Request): Promise<readonly execution.Alternative[]> {
    const scheduler = copyOf(scene);
    scheduler.ended(request.id, scene.now);
    // It waits for something of its own, such as a pause after an attempt: nothing else need be asked for.
    if (startsNow(scheduler, { request }, scene.now)) return [];
    const turns = new TimeSlice(variantsMs);
    const found: execution.Alternative[] = [];
    for (const variant of variantsOf(request, await this.parts.offers())) {
      if (turns.isOver || found.length >= mostAlternatives) break;
      // The first of its kind is the smallest change; of machine types several are worth telling.
      const { change } = variant.alternative;
      const isKnown = change !== 'machine-type' && found.some((other) => other.change === change);
      if (!isKnown && startsNow(scheduler, variant, scene.now)) found.push(variant.alternative);
      await turns.rest();
    }
    return found;
  }

  /** Of the first that wait, those for whom others could make room by going elsewhere. */
  private async moves(scene: Scene): Promise<{ readonly asOf: string; readonly items: readonly execution.ProposedMoves[] }> {
    const items: execution.ProposedMoves[] = [];
    const turns = new TimeSlice(movesMs);
    const first = scene.waits.filter(({ reason }) => reason === 'all-busy').slice(0, mostAdmitted);
    for (const { request: id } of first) {
      const known = scene.requests.get(id);
      const machines = known ? movableFor(scene, known).slice(0, mostEmptied) : [];
      // Who needs several machines needs several emptied.
      const tries = known && known.request.ask.nodes > 1 ? [machines.flat()] : machines;
      for (const guests of tries) {
        await turns.rest();
        if (turns.isOver) return { asOf: instantOf(scene.now), items };
        const moves = movesThatAdmit(copyOf(scene), id, guests.slice(0, mostGuests), scene.now);
        if (moves === null) continue;
        items.push(proposalOf(scene, id, moves));
        break;
      }
    }
    return { asOf: instantOf(scene.now), items };
  }

  private async suppose({ submission, meanShare }: Extract<Question, { about: 'what-if' }>): Promise<Supposed | TooLarge> {
    const scene = this.look();
    const request = { ...requestOf(submission), submittedAt: scene.now };
    const scheduler = copyOf(scene);
    scheduler.submit(request);
    const placed = scheduler.decide(scene.now, roundLimit).find((decision) => decision.kind === 'place' && decision.request === request.id);
    if (placed?.kind === 'place') return { asOf: instantOf(scene.now), choice: placed.choice, waiting: null };
    const snapshot = { ...scene.parts.snapshot, requests: [...scene.parts.snapshot.requests, supposed(request)] };
    const supposedScene = new Scene({ ...scene.parts, snapshot, waits: scheduler.waits(scene.now) });
    return { choice: null, ...(await this.explain(supposedScene, { id: request.id, meanShare })) };
  }

  /** The same with one look for it alone: where it would stand in the queues, and what would start instead, is not tried. */
  private supposeAlone({ submission }: Extract<Question, { about: 'what-if' }>): Supposed {
    const { scheduler } = this.parts;
    const now = systemClock.now();
    const request = { ...requestOf(submission), submittedAt: now };
    const asOf = instantOf(now);
    const found = scheduler.suppose(request, now);
    if (typeof found === 'number') return { asOf, choice: found, waiting: null };
    const { id } = request;
    const sight = this.glance();
    const supposing = new Sight({ ...sight, requests: { get: () => supposed(request) }, reasonOf: () => found }, sight);
    const start = startOf(unplayed, { reason: found, reserved: undefined, now });
    return { asOf, choice: null, waiting: explainWait(supposing, id, { ...start, instead: [] }) ?? null };
  }
}

interface Asked {
  readonly id: string;
  /** Null: no run has ended yet. */
  readonly meanShare: number | null;
}

interface Explained {
  readonly asOf: string;
  /** Null: it does not wait, as far as the scheduler has heard. */
  readonly waiting: execution.WaitExplained | null;
}

/** It cannot be known without keeping the scheduler from its work. */
interface TooLarge extends Explained {
  readonly isTooLarge: true;
  /** For so many machines and requests it could. */
  readonly limit: number;
}

const tooLarge = (limit: number): TooLarge => ({ asOf: instantOf(systemClock.now()), waiting: null, isTooLarge: true, limit });

interface Supposed extends Explained {
  /** Which of its choices it would get now; null: it would wait. */
  readonly choice: number | null;
}

const unplayed = { late: undefined, early: undefined, share: shareOf(null) } as const;

const copyOf = ({ parts: { snapshot, settings } }: Scene): Scheduler => Scheduler.restore(snapshot, settings, unlucky);
