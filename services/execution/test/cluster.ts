import { type catalog, execution, instantOf } from '@orrery/contracts';
import type { DataOf, RunEvent } from '../src/domain/run/run-facts.ts';
import { runStream } from '../src/domain/run/run-facts.ts';
import type { Engine, EngineFact, Placement } from '../src/domain/scheduling/engine.ts';
import type { WorkerEvent } from '../src/domain/worker.ts';
import { workerStream } from '../src/domain/worker.ts';
import { attemptLost, ended, facts, ms, placed, resources, runId, submitted, tokenId, workerId } from './facts.ts';

/** Tells an engine a story, and keeps it, so that another engine can be told the same. */
export class Cluster {
  readonly told: EngineFact[] = [];
  private readonly versions = new Map<string, number>();
  private readonly epochs = new Map<string, number>();
  private readonly engine: Engine;
  now = ms(0);

  constructor(engine: Engine) {
    this.engine = engine;
  }

  tell(stream: string, event: RunEvent | WorkerEvent): void {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    const fact = { stream, version, event };
    this.told.push(fact);
    this.engine.apply(fact);
  }

  join(n: number, change: Partial<execution.WorkerFacts> = {}): execution.WorkerId {
    const id = workerId(n);
    const data = { workerId: id, tokenId: tokenId(n), name: `machine ${n}`, facts: facts(change), at: this.at() };
    this.tell(workerStream(id), { type: 'WorkerJoined', data });
    return id;
  }

  submit(n: number, need: Partial<catalog.Resources> = {}): execution.RunId {
    const id = runId(n);
    this.tell(runStream(id), submitted({ runId: id, resources: { ...resources, ...need }, at: this.at() }));
    return id;
  }

  place({ runId: id, workerId: on, gpuIndexes, reasons }: Placement): void {
    const epoch = (this.epochs.get(id) ?? 0) + 1;
    this.epochs.set(id, epoch);
    this.tell(
      runStream(id),
      placed({ runId: id, attempt: epoch, epoch, workerId: on, gpuIndexes: [...gpuIndexes], reasons, at: this.at() }),
    );
  }

  /** Decides, makes the decisions facts, and answers who went where. */
  round(limit = 1_000): readonly Placement[] {
    const placements = this.engine.decide(this.now, limit);
    for (const placement of placements) this.place(placement);
    return placements;
  }

  lose(id: execution.RunId, on: execution.WorkerId, data: Partial<DataOf<'RunAttemptLost'>> = {}): void {
    const epoch = this.epochs.get(id) ?? 1;
    this.tell(runStream(id), attemptLost({ runId: id, attempt: epoch, epoch, workerId: on, at: this.at(), ...data }));
  }

  end(id: execution.RunId): void {
    this.tell(runStream(id), ended('RunCompleted', { runId: id }));
  }

  private at(): string {
    return instantOf(this.now);
  }
}
