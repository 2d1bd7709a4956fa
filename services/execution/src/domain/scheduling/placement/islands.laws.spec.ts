import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import { type IslandPromise, IslandPromises, type Owner } from './islands.ts';
import type { Place } from './place.ts';

const orgs = ['a', 'b', 'c'];
const models = ['A100', 'H100'];

const islandSizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const machine = fc.record({ model: fc.constantFrom(...models), sizes: islandSizes });
const promise: fc.Arbitrary<IslandPromise> = fc.record({
  org: fc.constantFrom('a', 'b'),
  model: fc.constantFrom(...models),
  size: fc.integer({ min: 1, max: 4 }),
  count: fc.integer({ min: 1, max: 2 }),
});
const work = fc.record({
  kind: fc.constant('place' as const),
  org: fc.constantFrom(...orgs),
  isPreemptible: fc.boolean(),
  at: fc.nat(),
  gpus: fc.integer({ min: 1, max: 3 }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: work },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), at: fc.nat(), isOpen: fc.boolean() }) },
);

interface Held extends Owner {
  readonly place: Place;
  readonly gpus: readonly number[];
}

interface Whole {
  readonly model: string;
  readonly gpus: number;
  /** Organizations with work there that cannot be preempted. */
  readonly holders: ReadonlySet<string>;
}

/** The islands that are open, with whoever cannot be removed from them, told anew from what is held. */
const islandsOf = (places: readonly Place[], held: readonly Held[]): readonly Whole[] =>
  places
    .filter(({ isOpen }) => isOpen)
    .flatMap((place) =>
      [...new Set(place.islands)].map((number) => {
        const gpus = [...place.gpuModels.keys()].filter((gpu) => place.islands?.[gpu] === number);
        const stuck = held.filter((each) => each.place === place && !each.isPreemptible && each.gpus.some((gpu) => gpus.includes(gpu)));
        return { model: place.gpuModels[0] ?? '', gpus: gpus.length, holders: new Set(stuck.map(({ org }) => org)) };
      }),
    );

/** How many promised islands can be had at once: a maximum matching, by augmenting paths. */
const reachable = (promises: readonly IslandPromise[], islands: readonly Whole[]): number => {
  const owed = promises.flatMap((each) => Array.from({ length: each.count }, () => each));
  const serves = ({ model, gpus, holders }: Whole, { org, size, ...asked }: IslandPromise): boolean =>
    model === asked.model && gpus >= size && [...holders].every((holder) => holder === org);
  const servedBy = new Map<number, number>();
  const augment = (unit: number, seen: Set<number>): boolean =>
    islands.some((island, at) => {
      const asked = owed[unit];
      if (!asked || seen.has(at) || !serves(island, asked)) return false;
      seen.add(at);
      const other = servedBy.get(at);
      if (other !== undefined && !augment(other, seen)) return false;
      servedBy.set(at, unit);
      return true;
    });
  return owed.filter((_, unit) => augment(unit, new Set())).length;
};

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

/** A cluster that a history happens to; after each step what the guard says is held against a matching of its own. */
class Cluster {
  private readonly fleet = new Fleet();
  private readonly guard = new IslandPromises();
  private readonly held: Held[] = [];
  private readonly places: readonly Place[];

  constructor(
    machines: readonly Machine[],
    private readonly promises: readonly IslandPromise[],
  ) {
    this.places = machines.map(({ model, sizes }, index) => {
      const islands = sizes.flatMap((size, island) => Array.from({ length: size }, () => island));
      return this.fleet.add({ id: `m${index}`, cpuMilli: 0, memoryMib: 0, gpuModels: islands.map(() => model), islands });
    });
    // Machines may come before a promise and after it.
    for (const place of this.places.slice(1)) this.guard.add(place);
    this.guard.set(promises);
    for (const place of this.places.slice(0, 1)) this.guard.add(place);
  }

  live(each: Step): void {
    const place = this.places[each.at % this.places.length];
    if (!place) return;
    if (each.kind === 'open') {
      this.fleet.open(place, each.isOpen);
      this.guard.changed(place);
    } else if (each.kind === 'end') this.end(each.at);
    else this.place(place, each);
  }

  private reachable(more: readonly Held[] = []): number {
    return reachable(this.promises, islandsOf(this.places, [...this.held, ...more]));
  }

  private end(at: number): void {
    const before = this.reachable();
    const [over] = this.held.splice(at % Math.max(1, this.held.length), 1);
    if (over) this.guard.release(over.place, over.gpus, over);
    expect(this.reachable()).toBeGreaterThanOrEqual(before);
  }

  private place(place: Place, { at, gpus: count, ...owner }: Extract<Step, { kind: 'place' }>): void {
    const gpus = [...place.gpuModels.keys()].slice(at % 2, (at % 2) + count);
    const next = { place, gpus, org: owner.org, isPreemptible: owner.isPreemptible };
    const isWorse = this.reachable([next]) < this.reachable();
    expect(this.guard.wouldBreak(place, gpus, owner)).toBe(isWorse);
    if (isWorse) return;
    this.guard.take(place, gpus, owner);
    this.held.push(next);
  }
}

describe('Promised islands', () => {
  it('can be had by preemption alone, whatever was placed that does not break them; nothing else is forbidden', () => {
    fc.assert(
      fc.property(
        fc.array(machine, { minLength: 1, maxLength: 5 }),
        fc.array(promise, { maxLength: 4 }),
        fc.array(step, { maxLength: 40 }),
        (machines, promises, steps) => {
          const cluster = new Cluster(machines, promises);
          for (const each of steps) cluster.live(each);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('are nothing that GPUs in MIG mode, closed ones or machines that left can serve', () => {
    const fleet = new Fleet();
    const guard = new IslandPromises();
    guard.set([{ org: 'a', model: 'a100', size: 2, count: 1 }]);
    const add = (id: string, more: object = {}): Place => {
      const place = fleet.add({ id, cpuMilli: 0, memoryMib: 0, gpuModels: ['A100', 'A100'], ...more });
      guard.add(place);
      return place;
    };
    const [m0, m1] = [add('m0'), add('m1')];
    add('m2', { mig: ['a100-80gb', 'a100-80gb'] });
    const stranger: Owner = { org: 'b', isPreemptible: false };
    expect(guard.wouldBreak(m0, [0], stranger)).toBe(false);
    fleet.closeGpu(m1, 1, true);
    guard.changed(m1);
    expect([guard.wouldBreak(m0, [0], stranger), guard.wouldBreak(m1, [0], stranger)]).toEqual([true, false]);
    expect(guard.wouldBreak(m0, [0], { org: 'a', isPreemptible: false })).toBe(false);
    expect(guard.wouldBreak(m0, [0], { org: 'b', isPreemptible: true })).toBe(false);
    fleet.closeGpu(m1, 1, false);
    guard.changed(m1);
    expect(guard.wouldBreak(m0, [0], stranger)).toBe(false);
    guard.remove(m1);
    expect(guard.wouldBreak(m0, [0], stranger)).toBe(true);
  });
});
