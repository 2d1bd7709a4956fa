import { epochOf, type execution } from '@orrery/contracts';
import { type DataOf, type RunEvent, runStream } from '../../run/run-facts.ts';
import type { Seat } from '../request.ts';
import { requestOf } from '../request-of.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { LiveDecision } from './facts.ts';
import { fateOf, knownMembers, type LiveRequest } from './gang.ts';
import { evolveRun, type LiveRun, submittedRun } from './run.ts';
import type { Wait } from './waiting.ts';

const seatOf = ({ workerId: machine, gpuIndexes: gpus, mig }: Pick<DataOf<'RunPlaced'>, 'workerId' | 'gpuIndexes' | 'mig'>): Seat =>
  mig === null || mig.start === null ? { machine, gpus } : { machine, gpus, slice: mig.start };

const rankOf = ({ submission }: LiveRun): number => submission.request.gang?.rank ?? 0;

/** It is where the scheduler was told that it is. */
const isThere = ({ placed }: LiveRun, { epoch }: LiveRequest): boolean => placed?.epoch === epoch;

interface News {
  readonly scheduler: Scheduler;
  readonly now: number;
  readonly changed?: LiveRun;
}

/** Runs as facts tell of them, and the requests that they are to the scheduler. */
export class LiveRequests {
  private readonly runs = new Map<string, LiveRun>();
  private readonly requests = new Map<string, LiveRequest>();
  /** Who has a place on which machine. */
  private readonly guests = new Map<string, Set<LiveRun>>();
  private readonly waiting = new Set<LiveRequest>();
  /** Gangs whose members do not share one fate yet, and what is due: what has not changed needs no second look. */
  private readonly torn = new Map<LiveRequest, readonly LiveDecision[]>();

  /** `forget` is told of streams that have ended and matter no more. */
  constructor(private readonly forget: (streams: readonly string[]) => void) {}

  has(runId: execution.RunId): boolean {
    return this.runs.has(runId);
  }

  membersOf(request: string): readonly LiveRun[] {
    const known = this.requests.get(request);
    return known ? knownMembers(known) : [];
  }

  guestsOf(machine: string): readonly LiveRun[] {
    return [...(this.guests.get(machine) ?? [])];
  }

  /** Those that wait, while they change: each that stays is met once. */
  *waits(scheduler: Scheduler): Generator<Wait> {
    for (const request of this.waiting) {
      const reason = scheduler.reasonOf(request.id);
      if (reason !== null) for (const { id, told } of knownMembers(request)) yield { runId: id, reason, told };
    }
  }

  fates(): readonly LiveDecision[] {
    return [...this.torn.values()].flat();
  }

  hear(event: RunEvent, scheduler: Scheduler, now: number): void {
    if (event.type === 'RunSubmitted') {
      this.settle(this.join(event.data), { scheduler, now });
      return;
    }
    const run = this.runs.get(event.data.runId);
    const request = run && this.requests.get(run.submission.request.gang?.id ?? run.id);
    if (!run || !request) return;
    this.leave(run);
    evolveRun(run, event);
    if (run.placed) this.guests.set(run.placed.workerId, (this.guests.get(run.placed.workerId) ?? new Set()).add(run));
    const isAsked = event.type === 'RunPreempted' || event.type === 'RunEndRequested';
    // Its room comes free soon, for whatever reason it was asked to leave.
    if (isAsked && request.told === 'placed' && isThere(run, request)) scheduler.preempting(request.id, now);
    if (event.type === 'ReservationMade' && request.told === 'waits') {
      const { startsAt, choice, seats } = event.data;
      scheduler.reserved(request.id, { at: epochOf(startsAt), choice, seats: seats.map(seatOf) });
    }
    this.settle(request, { scheduler, now, changed: run });
  }

  private join(data: DataOf<'RunSubmitted'>): LiveRequest {
    const run = submittedRun(data);
    const { gang } = data.request;
    const id = gang?.id ?? run.id;
    const request = this.requests.get(id) ?? { id, size: gang?.size ?? 1, members: [], told: 'nothing', epoch: 0 };
    request.members[rankOf(run)] = run;
    this.runs.set(run.id, run);
    this.requests.set(id, request);
    return request;
  }

  private leave(run: LiveRun): void {
    if (!run.placed) return;
    const { workerId } = run.placed;
    const guests = this.guests.get(workerId);
    guests?.delete(run);
    if (guests?.size === 0) this.guests.delete(workerId);
  }

  private settle(request: LiveRequest, news: News): void {
    this.tell(request, news);
    if (request.told === 'waits') this.waiting.add(request);
    else this.waiting.delete(request);
    const fate = fateOf(request);
    if (fate.length > 0) this.torn.set(request, fate);
    else this.torn.delete(request);
  }

  /** Tells the scheduler what has become of a request, now that one of its members has changed. */
  private tell(request: LiveRequest, news: News): void {
    const { scheduler, now, changed } = news;
    const members = knownMembers(request);
    const [first] = members;
    if (!first || members.length < request.size) return;
    if (request.told === 'nothing') {
      scheduler.submit(requestOf(first.submission));
      request.told = 'waits';
    }
    if (request.told === 'waits') this.settleWaiting(request, scheduler, now);
    else if (request.told === 'placed' && !members.some((member) => isThere(member, request))) this.settleLeft(request, scheduler, now);
    else if (request.told === 'placed' && changed && !isThere(changed, request)) scheduler.vacated(request.id, rankOf(changed), now);
    if (members.some(({ ended }) => ended === null)) return;
    this.requests.delete(request.id);
    for (const { id } of members) this.runs.delete(id);
    this.forget(members.map(({ id }) => runStream(id)));
  }

  private settleWaiting(request: LiveRequest, scheduler: Scheduler, now: number): void {
    const members = knownMembers(request);
    if (members.some(({ ended }) => ended !== null)) {
      scheduler.ended(request.id, now);
      request.told = 'gone';
      return;
    }
    const placements = members.flatMap(({ placed }) => placed ?? []);
    const [first] = placements;
    if (!first || placements.length < members.length) return;
    const { choice, isBorrowed, at, epoch } = first;
    // Told of one member after the other, some may be a placement ahead.
    if (placements.some((placed) => placed.epoch !== epoch)) return;
    scheduler.placed(request.id, { choice, seats: placements.map(seatOf), at: epochOf(at), isBorrowed });
    request.told = 'placed';
    request.epoch = epoch;
  }

  /** None of it is any more where it was placed. */
  private settleLeft(request: LiveRequest, scheduler: Scheduler, now: number): void {
    const members = knownMembers(request);
    if (members.some(({ ended }) => ended !== null)) {
      scheduler.ended(request.id, now);
      request.told = 'gone';
      return;
    }
    const losses = members.flatMap(({ loss }) => loss ?? []);
    scheduler.returned(request.id, {
      at: now,
      notBefore: losses.reduce((latest, { notBefore }) => Math.max(latest, notBefore), 0),
      failedOn: losses.find(({ failedOn }) => failedOn !== null)?.failedOn ?? null,
      isPreempted: losses.some(({ isPreempted }) => isPreempted),
    });
    request.told = 'waits';
    this.settleWaiting(request, scheduler, now);
  }
}
