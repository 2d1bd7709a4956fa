import type { execution } from '@orrery/contracts';
import fc from 'fast-check';
import { Cluster } from '../../../test/cluster.ts';
import { gpus, workerId } from '../../../test/facts.ts';
import { bestFitEngine } from './best-fit.ts';
import type { EngineFact, Placement } from './engine.ts';

type Step =
  | { readonly kind: 'join'; readonly cpus: number; readonly gpus: number }
  | { readonly kind: 'submit'; readonly cpus: number; readonly gpus: number }
  | { readonly kind: 'round' }
  | { readonly kind: 'end' | 'lose'; readonly pick: number };

const cpus = fc.integer({ min: 1, max: 8 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('join' as const), cpus, gpus: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ kind: fc.constant('submit' as const), cpus, gpus: fc.integer({ min: 0, max: 3 }) }),
    fc.constant({ kind: 'round' as const }),
    fc.record({ kind: fc.constantFrom('end' as const, 'lose' as const), pick: fc.nat() }),
  ),
  { maxLength: 60 },
);

const numberOf = (id: string): number => Number(id.slice(-12));

/** Plays a story, and counts apart from the engine who holds what. */
class Play {
  readonly engine = bestFitEngine();
  readonly cluster = new Cluster(this.engine);
  readonly held = new Map<string, Placement>();
  readonly sizes = new Map<string, { readonly cpus: number; readonly gpus: number }>();
  readonly needs = new Map<string, number>();
  #count = 0;

  act(step: Step): void {
    this.#count += 1;
    this.cluster.now += 10;
    switch (step.kind) {
      case 'join':
        this.sizes.set(this.cluster.join(this.#count, { cpuMilli: step.cpus * 1_000, memoryMib: 1_000_000, gpus: gpus(step.gpus) }), step);
        return;
      case 'submit':
        this.needs.set(this.cluster.submit(this.#count, { cpuMilli: step.cpus * 1_000, gpus: step.gpus }), step.cpus);
        return;
      case 'round':
        for (const placement of this.cluster.round()) this.held.set(placement.runId, placement);
        return;
      default:
        this.#leave(step.kind, step.pick);
    }
  }

  #leave(kind: 'end' | 'lose', pick: number): void {
    const picked = [...this.held.values()][pick % Math.max(1, this.held.size)];
    if (!picked) return;
    this.held.delete(picked.runId);
    if (kind === 'end') this.cluster.end(picked.runId);
    else this.cluster.lose(picked.runId, workerId(numberOf(picked.workerId)));
  }
}

const played = (story: readonly Step[]): Play => {
  const play = new Play();
  for (const step of story) play.act(step);
  return play;
};

const retold = (told: readonly EngineFact[]) => {
  const engine = bestFitEngine();
  for (const fact of told) engine.apply(fact);
  return engine;
};

/** Small work without end: more arrives each time than the machines could ever do. */
class Rush {
  readonly cluster = new Cluster(bestFitEngine());
  #count = 100;
  #running: { readonly id: execution.RunId; readonly endsAt: number }[] = [];

  submit(cpuMilli: number): execution.RunId {
    this.#count += 1;
    return this.cluster.submit(this.#count, { cpuMilli });
  }

  step(cpuMilli: number, arrivals: number, lengthOf: () => number): readonly string[] {
    this.cluster.now += 10;
    for (let each = 0; each < arrivals; each += 1) this.submit(cpuMilli);
    for (const { id, endsAt } of this.#running) if (endsAt <= this.cluster.now) this.cluster.end(id);
    this.#running = this.#running.filter(({ endsAt }) => endsAt > this.cluster.now);
    const placed = this.cluster.round().map((placement) => placement.runId);
    this.#running.push(...placed.map((id) => ({ id, endsAt: this.cluster.now + lengthOf() })));
    return placed;
  }
}

describe('whatever happens in a cluster', () => {
  it('no machine is given more than it has, and no GPU twice', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const { held, sizes, needs } = played([...story, { kind: 'round' }]);
        for (const [id, size] of sizes) {
          const here = [...held.values()].filter((placement) => placement.workerId === id);
          expect(here.reduce((sum, placement) => sum + (needs.get(placement.runId) ?? 0), 0)).toBeLessThanOrEqual(size.cpus);
          const indexes = here.flatMap(({ gpuIndexes }) => gpuIndexes);
          expect(new Set(indexes).size).toBe(indexes.length);
          expect(indexes.every((index) => index < size.gpus)).toBe(true);
        }
      }),
    );
  });

  it('an engine that is told the story later decides the same, also when told parts of it twice', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (story, cut) => {
        const { engine, cluster } = played(story);
        const { told, now } = cluster;
        const again = [...told, ...told.slice(cut % (told.length + 1))];
        expect(retold(told).decide(now, 1_000)).toEqual(engine.decide(now, 1_000));
        expect(retold(again).decide(now, 1_000)).toEqual(engine.decide(now, 1_000));
        expect(retold(again).load()).toEqual(engine.load());
      }),
    );
  });

  it('deciding changes nothing', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const { engine, cluster } = played(story);
        expect(engine.decide(cluster.now, 1_000)).toEqual(engine.decide(cluster.now, 1_000));
      }),
    );
  });

  it('a large request is placed although small ones never cease to come', () => {
    const picks = fc.infiniteStream(fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), picks, (machines, small, lengths) => {
        const rush = new Rush();
        const lengthOf = (): number => (lengths.next().value ?? 1) * 10;
        const step = (): readonly string[] => rush.step(small * 1_000, machines * 4, lengthOf);
        for (let n = 1; n <= machines; n += 1) rush.cluster.join(n, { cpuMilli: 8_000, memoryMib: 1_000_000 });
        for (let warm = 0; warm < 5; warm += 1) step();
        const large = rush.submit(8_000);
        expect(Array.from({ length: 400 }, step).flat()).toContain(large);
      }),
      { numRuns: 20 },
    );
  });
});
