import type { execution } from '@orrery/contracts';
import fc from 'fast-check';
import type { LiveSeat } from '../src/domain/scheduling/live/facts.ts';
import { Cluster } from './cluster.ts';
import { gpus, noWishes } from './facts.ts';

/** Something that happens in a live cluster. */
export type Step =
  | { readonly kind: 'join'; readonly cpus: number; readonly gpus: number; readonly isPooled: boolean }
  | {
      readonly kind: 'submit';
      readonly cpus: number;
      readonly gpus: number;
      readonly nodes: number;
      readonly org: number;
      readonly isPreemptible: boolean;
      readonly isPooled: boolean;
    }
  | { readonly kind: 'policy'; readonly policy: execution.PlacementPolicy; readonly isOfPool: boolean; readonly ageingHours: number }
  | { readonly kind: 'guarantee'; readonly org: number; readonly cpus: number }
  | { readonly kind: 'round' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'end' | 'fail' | 'lose' | 'yield' | 'stop'; readonly pick: number }
  | { readonly kind: 'cordon' | 'drain' | 'break' | 'uncordon'; readonly pick: number };

const cpus = fc.integer({ min: 1, max: 8 });
const org = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), cpus, gpus: fc.integer({ min: 0, max: 4 }), isPooled: fc.boolean() }),
  fc.record({
    kind: fc.constant('submit' as const),
    cpus,
    gpus: fc.integer({ min: 0, max: 3 }),
    nodes: fc.integer({ min: 1, max: 3 }),
    org,
    isPreemptible: fc.boolean(),
    isPooled: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('policy' as const),
    policy: fc.constantFrom('fgd' as const, 'pack' as const, 'spread' as const, 'random' as const),
    isOfPool: fc.boolean(),
    ageingHours: fc.constantFrom(1, 4, 4),
  }),
  fc.record({ kind: fc.constant('guarantee' as const), org, cpus }),
  fc.constant({ kind: 'round' as const }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 60, 400) }),
  fc.record({
    kind: fc.constantFrom('end' as const, 'fail' as const, 'lose' as const, 'yield' as const, 'stop' as const),
    pick: fc.nat(),
  }),
  fc.record({ kind: fc.constantFrom('cordon' as const, 'drain' as const, 'break' as const, 'uncordon' as const), pick: fc.nat() }),
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 60 });

/** Much work comes, runs and ends, in the order of the list; and anything else among it. */
export const longSteps: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.tuple(step, fc.nat(), org, fc.constantFrom(1, 60, 400)), { minLength: 5, maxLength: 20, size: 'max' })
  .map((turns) => [
    { kind: 'join' as const, cpus: 8, gpus: 4, isPooled: false },
    ...turns.flatMap(([any, pick, of, seconds]): readonly Step[] => [
      { kind: 'submit', cpus: 3, gpus: pick % 2, nodes: 1, org: of, isPreemptible: false, isPooled: false },
      ...[any, { kind: 'round' } as const, { kind: 'wait', seconds } as const],
      { kind: 'end', pick },
    ]),
  ]);

/** Plays a story, and counts apart from the scheduler who holds what. */
export class Play {
  readonly cluster = new Cluster();
  readonly held = new Map<execution.RunId, LiveSeat>();
  readonly sizes = new Map<execution.WorkerId, { readonly cpus: number; readonly gpus: number }>();
  readonly needs = new Map<string, number>();
  #count = 0;
  #runs = 0;

  /** Of each round the decisions with these numbers do not become facts. */
  constructor(readonly dropped: ReadonlySet<number> = new Set()) {}

  act(step: Step): void {
    this.cluster.now += 10;
    switch (step.kind) {
      case 'join':
        this.#join(step);
        return;
      case 'policy':
        if (step.isOfPool) this.cluster.policyOf('pool', step.policy);
        else this.cluster.rules({ policy: step.policy, ageingMs: step.ageingHours * 3_600_000 });
        return;
      case 'submit':
        this.#submit(step);
        return;
      case 'guarantee':
        this.cluster.quota(step.org, { cpu: step.cpus * 1_000 });
        return;
      case 'round':
        this.#round();
        return;
      case 'wait':
        this.cluster.now += step.seconds * 1_000;
        return;
      case 'cordon':
      case 'drain':
      case 'break':
      case 'uncordon':
        this.#tend(step.kind, step.pick);
        return;
      default:
        this.#leave(step.kind, step.pick);
    }
  }

  #join(step: Extract<Step, { kind: 'join' }>): void {
    this.#count += 1;
    const id = this.cluster.join(this.#count, { cpuMilli: step.cpus * 1_000, memoryMib: 1_000_000, gpus: gpus(step.gpus) });
    this.sizes.set(id, step);
    if (step.isPooled) this.cluster.pool(id, 'pool');
  }

  #submit({ cpus: wanted, gpus: count, nodes, org: of, isPreemptible, isPooled }: Extract<Step, { kind: 'submit' }>): void {
    const need = { cpuMilli: wanted * 1_000, gpus: count };
    const first = this.#runs + 1;
    this.#runs += nodes;
    const wish = { org: of, isPreemptible, ...(isPooled ? { wishes: { ...noWishes, pool: 'pool' } } : {}) };
    const ids = nodes === 1 ? [this.cluster.submit(first, need, wish)] : this.cluster.gang(first, nodes, need, wish);
    for (const id of ids) this.needs.set(id, wanted);
  }

  #round(): void {
    const decisions = this.cluster.scheduler.decide(this.cluster.now, 1_000);
    for (const [index, decision] of decisions.entries()) {
      if (this.dropped.has(index)) continue;
      this.cluster.make(decision);
      if (decision.kind === 'place') for (const seat of decision.seats) this.held.set(seat.runId, seat);
      if (decision.kind === 'lose') this.held.delete(decision.attempt.runId);
    }
  }

  #tend(kind: 'cordon' | 'drain' | 'break' | 'uncordon', pick: number): void {
    const [id, size] = [...this.sizes][pick % Math.max(1, this.sizes.size)] ?? [];
    if (!id || !size) return;
    const at = new Date(this.cluster.now).toISOString();
    const stream = `worker-${id}`;
    const said = { workerId: id, by: 'operator:op', at };
    if (kind === 'drain') {
      this.cluster.tell(stream, { type: 'WorkerDrainRequested', data: { ...said, endsAt: null } });
      return;
    }
    if (kind === 'break') {
      const broken = gpus(size.gpus).map((gpu) => (gpu.index === 0 ? { ...gpu, fault: { xid: 79, at } } : gpu));
      this.cluster.machineSays(id, { cpuMilli: size.cpus * 1_000, memoryMib: 1_000_000, gpus: broken });
      return;
    }
    this.cluster.tell(stream, { type: kind === 'cordon' ? 'WorkerCordoned' : 'WorkerUncordoned', data: said });
  }

  #leave(kind: 'end' | 'fail' | 'lose' | 'yield' | 'stop', pick: number): void {
    const seat = [...this.held.values()][pick % Math.max(1, this.held.size)];
    if (!seat) return;
    if (kind === 'stop') {
      this.cluster.askToEnd(seat.runId, 'stop');
      return;
    }
    this.held.delete(seat.runId);
    if (kind === 'end') this.cluster.end(seat.runId);
    else if (kind === 'fail') this.cluster.end(seat.runId, 'RunFailed');
    else this.cluster.lose(seat.runId, seat.workerId, kind === 'yield' ? { reason: 'preempted' } : {});
  }
}
