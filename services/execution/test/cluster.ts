import { type catalog, execution, instantOf } from '@orrery/contracts';
import type { DataOf, RunEvent } from '../src/domain/run/run-facts.ts';
import { runStream } from '../src/domain/run/run-facts.ts';
import type { LiveDecision, LiveFact, LiveSeat } from '../src/domain/scheduling/live/facts.ts';
import { LiveScheduler } from '../src/domain/scheduling/live/live-scheduler.ts';
import { type RulesEvent, rulesStream } from '../src/domain/scheduling/rules/rules.ts';
import type { WorkerEvent } from '../src/domain/worker.ts';
import { workerStream } from '../src/domain/worker.ts';
import {
  attemptLost,
  ended,
  endRequested,
  facts,
  ms,
  orgId,
  placed,
  preempted,
  price,
  request,
  resources,
  runId,
  submitted,
  tokenId,
  workerId,
} from './facts.ts';

type Of<K extends LiveDecision['kind']> = Extract<LiveDecision, { kind: K }>;

interface Wish extends Partial<execution.RunRequest> {
  readonly org?: number;
  readonly timeoutSeconds?: number;
}

/** Tells a scheduler a story, and keeps it, so that another one can be told the same. */
export class Cluster {
  readonly told: LiveFact[] = [];
  private readonly versions = new Map<string, number>();
  private readonly epochs = new Map<string, number>();
  now = ms(0);

  constructor(readonly scheduler = new LiveScheduler()) {}

  tell(stream: string, event: RunEvent | WorkerEvent | RulesEvent): void {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    const fact = { stream, version, event };
    this.told.push(fact);
    this.scheduler.apply(fact);
  }

  join(n: number, change: Partial<execution.WorkerFacts> = {}): execution.WorkerId {
    const id = workerId(n);
    const data = { workerId: id, tokenId: tokenId(n), name: `machine ${n}`, facts: facts(change), at: this.at() };
    this.tell(workerStream(id), { type: 'WorkerJoined', data });
    return id;
  }

  machineSays(id: execution.WorkerId, change: Partial<execution.WorkerFacts>): void {
    this.tell(workerStream(id), { type: 'WorkerFactsChanged', data: { workerId: id, facts: facts(change), at: this.at() } });
  }

  quota(org: number, guaranteedMilli: Readonly<Record<string, number>>): void {
    const quota = { node: orgId(org), parent: null, weight: 1, guaranteedMilli, limitMilli: {}, highestClass: null };
    this.tell(rulesStream, { type: 'QuotaSet', data: { ...quota, by: 'operator:op', at: this.at() } });
  }

  /** Joins a pool, and leaves it with null. */
  pool(id: execution.WorkerId, pool: string | null): void {
    const traits = { labels: {}, pool, rack: null, nanosPerHour: null };
    this.tell(workerStream(id), { type: 'WorkerLabelled', data: { workerId: id, ...traits, by: 'operator:op', at: this.at() } });
  }

  policyOf(name: string, policy: execution.PlacementPolicy): void {
    this.tell(rulesStream, { type: 'PoolSet', data: { name, policy, by: 'operator:op', at: this.at() } });
  }

  rules(change: Partial<execution.SchedulerRules>): void {
    const rules = { ...execution.schedulerDefaults, ...change };
    this.tell(rulesStream, { type: 'SchedulerRulesSet', data: { ...rules, by: 'operator:op', at: this.at() } });
  }

  submit(n: number, need: Partial<catalog.Resources> = {}, { org = 1, timeoutSeconds = 60, ...wish }: Wish = {}): execution.RunId {
    const id = runId(n);
    const asked = { ...resources, ...need };
    const choices = [{ machineType: 'cpu', resources: asked, price }];
    const data = { runId: id, orgId: orgId(org), resources: asked, request: request({ choices, ...wish }), timeoutSeconds, at: this.at() };
    this.tell(runStream(id), submitted(data));
    return id;
  }

  /** The members are `n`, `n` + 1 and so on. */
  gang(n: number, size: number, need: Partial<catalog.Resources> = {}, wish: Wish = {}): readonly execution.RunId[] {
    const gangOf = (rank: number) => ({ gang: { id: runId(n), size, rank } });
    return Array.from({ length: size }, (_, rank) => this.submit(n + rank, need, { ...wish, ...gangOf(rank) }));
  }

  /** Decides, makes the decisions facts, and answers who went where. */
  round(limit = 1_000): readonly LiveSeat[] {
    const decisions = this.scheduler.decide(this.now, limit);
    for (const decision of decisions) this.make(decision);
    return decisions.flatMap((decision) => (decision.kind === 'place' ? decision.seats : []));
  }

  make(decision: LiveDecision): void {
    switch (decision.kind) {
      case 'place':
        this.place(decision);
        return;
      case 'preempt':
        this.preempt({ ...decision, by: null });
        return;
      case 'reserve':
        this.reserve(decision);
        return;
      case 'expire':
        for (const id of decision.runIds)
          this.tell(runStream(id), ended('RunCancelled', { runId: id, reason: 'deadline', endedAt: this.at() }));
        return;
      case 'end':
        for (const id of decision.runIds) this.askToEnd(id, decision.mode, decision);
        return;
      case 'lose':
        this.tell(runStream(decision.attempt.runId), attemptLost({ ...decision.attempt, reason: 'gpu-fault', at: this.at() }));
    }
  }

  askToEnd(id: execution.RunId, mode: execution.EndMode, why: Partial<Pick<DataOf<'RunEndRequested'>, 'reason' | 'message'>> = {}): void {
    const { reason = 'stopped', message = null } = why;
    this.tell(runStream(id), endRequested({ runId: id, mode, reason, message, at: this.at() }));
  }

  lose(id: execution.RunId, on: execution.WorkerId, data: Partial<DataOf<'RunAttemptLost'>> = {}): void {
    const epoch = this.epochs.get(id) ?? 1;
    this.tell(runStream(id), attemptLost({ runId: id, attempt: epoch, epoch, workerId: on, at: this.at(), ...data }));
  }

  end(id: execution.RunId, type: (typeof execution.runEndTypes)[number] = 'RunCompleted'): void {
    this.tell(runStream(id), ended(type, { runId: id, endedAt: this.at() }));
  }

  private place({ seats, choice, isBorrowed, reasons }: Of<'place'>): void {
    for (const { runId: id, workerId: on, gpuIndexes, mig } of seats) {
      const epoch = (this.epochs.get(id) ?? 0) + 1;
      this.epochs.set(id, epoch);
      const where = { workerId: on, gpuIndexes: [...gpuIndexes], mig, choice, isBorrowed, reasons };
      this.tell(runStream(id), placed({ runId: id, attempt: epoch, epoch, ...where, at: this.at() }));
    }
  }

  private preempt({ runIds, by, reason }: Pick<DataOf<'RunPreempted'>, 'by' | 'reason'> & { runIds: readonly execution.RunId[] }): void {
    for (const id of runIds) {
      const epoch = this.epochs.get(id) ?? 1;
      this.tell(runStream(id), preempted({ runId: id, attempt: epoch, epoch, by, reason, at: this.at() }));
    }
  }

  private reserve({ runId: id, startsAt, choice, seats, reason, victims }: Of<'reserve'>): void {
    const kept = seats.map(({ workerId: on, gpuIndexes, mig }) => ({ workerId: on, gpuIndexes: [...gpuIndexes], mig }));
    const data = { runId: id, startsAt: instantOf(startsAt), choice, seats: kept, reason, message: '', at: this.at() };
    this.tell(runStream(id), { type: 'ReservationMade', data });
    for (const victim of victims) this.preempt({ ...victim, by: id });
  }

  private at(): string {
    return instantOf(this.now);
  }
}
