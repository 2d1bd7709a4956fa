import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import { profileOf } from './mig.ts';
import type { GroupWish, Need } from './need.ts';
import type { Found, MachineSize, Place } from './place.ts';
import { Placer } from './placer.ts';
import { policyNames, policyOf } from './policies.ts';

const [models, racks, pools, groups, zones] = [
  ['a100', 'h100'],
  ['r0', 'r1'],
  ['day', 'night'],
  ['g', 'h'],
  ['x', 'y'],
];

const gpu = fc.record({
  model: fc.constantFrom(...models),
  memoryMib: fc.constantFrom(40_960, 81_920),
  mig: fc.constantFrom(null, null, 'a100-40gb'),
  island: fc.nat(1),
});
const machine = fc
  .record(
    {
      cpuMilli: fc.integer({ min: 0, max: 9 }),
      gpus: fc.array(gpu, { maxLength: 4 }),
      rack: fc.constantFrom(...racks),
      pool: fc.constantFrom(...pools),
      labels: fc.record({ zone: fc.constantFrom(...zones) }),
      images: fc.subarray(['i', 'j']),
      pricePerHour: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['cpuMilli', 'gpus'] },
  )
  .map(
    ({ gpus, ...rest }): Omit<MachineSize, 'id'> => ({
      ...rest,
      memoryMib: 64,
      gpuModels: gpus.map((each) => each.model),
      gpuMemoryMib: gpus.map((each) => each.memoryMib),
      mig: gpus.map((each) => each.mig),
      islands: gpus.map((each) => each.island),
    }),
  );

const wish: fc.Arbitrary<GroupWish> = fc.record({ group: fc.constantFrom(...groups), scope: fc.constantFrom('machine', 'rack') });
const asked = fc.constantFrom(
  { gpus: 0, gpuMilli: 0 },
  { gpus: 1, gpuMilli: 300 },
  { gpus: 1, gpuMilli: 1_000 },
  { gpus: 2, gpuMilli: 1_000 },
  { gpus: 1, gpuMilli: 142, mig: '1g.10gb' },
  { gpus: 1, gpuMilli: 428, mig: '3g.20gb' },
);
const wishes = fc.record(
  {
    models: fc.constantFrom(null, ['A100'], ['h100']),
    minGpuMemoryMib: fc.constantFrom(40_960, 80_000),
    labels: fc.record({ zone: fc.constantFrom(...zones) }),
    pool: fc.constantFrom(...pools),
    machine: fc.nat(7).map((index) => `m${index}`),
    group: fc.constantFrom(...groups),
    near: wish,
    apart: wish,
    images: fc.subarray(['i', 'j']),
  },
  { requiredKeys: ['models'] },
);
const need = fc
  .tuple(fc.integer({ min: 0, max: 3 }), asked, wishes)
  .map(([cpuMilli, gpus, some]): Need => ({ cpuMilli, memoryMib: 1, ...gpus, ...some }));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), need }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), at: fc.nat(), isOpen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), at: fc.nat(), gpu: fc.nat(3), isClosed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const), machine }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), at: fc.nat() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const history = fc.record({
  machines: fc.array(machine, { minLength: 1, maxLength: 5 }),
  steps: fc.array(step, { maxLength: 60 }),
  policy: fc.constantFrom(...policyNames.filter((name) => name !== 'random')),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  readonly place: Place;
  readonly need: Need;
  readonly gpus: readonly number[];
  readonly slice: number | null;
}

/** Its own account of a cluster: who holds what, and which machine would do by the letter of each wish. */
class Checker {
  readonly sizes = new Map<string, MachineSize>();
  readonly held: Held[] = [];
  readonly shut = new Set<string>();

  fitting(asks: Need): readonly string[] {
    return [...this.sizes.values()].filter((size) => this.isRight(size, asks) && this.hasRoom(size, asks)).map(({ id }) => id);
  }

  /** The GPUs of a machine that could serve a member. */
  serving(size: MachineSize, asks: Need): readonly number[] {
    return [...size.gpuModels.keys()].filter((index) => this.isKind(size, asks, index) && this.isServing(size, asks, index));
  }

  isSliceFree(size: MachineSize, { mig = '' }: Need, index: number, start: number): boolean {
    const family = size.mig?.[index] ?? '';
    const mine = profileOf(family, mig);
    return !this.on(size).some(({ need: other, gpus, slice }) => {
      const its = gpus.includes(index) && slice !== null ? profileOf(family, other.mig ?? '') : null;
      return its !== null && slice !== null && mine !== null && start < slice + its.size && slice < start + mine.size;
    });
  }

  private on({ id }: MachineSize): readonly Held[] {
    return this.held.filter(({ place }) => place.id === id);
  }

  private isRight(size: MachineSize, { machine: pinned, pool, labels = {}, near, apart, group }: Need): boolean {
    if (this.shut.has(size.id) || (pinned !== undefined && pinned !== size.id) || (pool !== undefined && pool !== size.pool)) return false;
    if (Object.entries(labels).some(([name, value]) => size.labels?.[name] !== value)) return false;
    const isFirst = near !== undefined && near.group === group && !this.held.some((each) => each.need.group === group);
    return (!near || isFirst || this.isThere(size, near)) && !(apart && this.isThere(size, apart));
  }

  private isThere({ id, rack }: MachineSize, { group, scope }: GroupWish): boolean {
    return this.held.some(
      ({ place, need: other }) =>
        other.group === group && (place.id === id || (scope === 'rack' && rack !== undefined && place.rack === rack)),
    );
  }

  private isKind(size: MachineSize, { models: some, minGpuMemoryMib = 0, mig }: Need, index: number): boolean {
    const family = size.mig?.[index] ?? null;
    const isModel = some === null || some.some((name) => name.toLowerCase() === size.gpuModels[index]);
    const isMode = mig === undefined ? family === null : family !== null && profileOf(family, mig) !== null;
    return isModel && isMode && (size.gpuMemoryMib?.[index] ?? 0) >= minGpuMemoryMib && !this.shut.has(`${size.id}/${index}`);
  }

  private isServing(size: MachineSize, asks: Need, index: number): boolean {
    if (asks.mig !== undefined) {
      return profileOf(size.mig?.[index] ?? '', asks.mig)?.starts.some((start) => this.isSliceFree(size, asks, index, start)) ?? false;
    }
    const used = this.on(size).reduce((sum, { need: other, gpus }) => sum + (gpus.includes(index) ? other.gpuMilli : 0), 0);
    return 1_000 - used >= (asks.gpus === 1 ? asks.gpuMilli : 1_000);
  }

  private hasRoom(size: MachineSize, asks: Need): boolean {
    const used = this.on(size).reduce((sum, { need: other }) => sum + other.cpuMilli, 0);
    const memory = this.on(size).reduce((sum, { need: other }) => sum + other.memoryMib, 0);
    const isEnough = size.cpuMilli - used >= asks.cpuMilli && size.memoryMib - memory >= asks.memoryMib;
    return isEnough && this.serving(size, asks).length >= asks.gpus;
  }
}

/** A cluster that a history happens to. `anew`: each decision is made by an engine of its own, made from what is known then. */
class World {
  readonly checker = new Checker();
  readonly decided: unknown[] = [];
  private readonly fleet = new Fleet();
  private readonly asked: Need[] = [];
  private joined = 0;
  private placer: Placer;

  constructor(
    private readonly lived: History,
    private readonly anew = false,
  ) {
    this.placer = this.engine();
    for (const size of lived.machines) this.join(size);
    for (const each of lived.steps) this.live(each);
  }

  private engine(): Placer {
    return new Placer(
      this.fleet,
      policyOf(this.lived.policy, () => 0),
    );
  }

  private live(each: Step): void {
    const place = 'at' in each ? this.fleet.get(`m${each.at % this.joined}`) : undefined;
    if (each.kind === 'ask') this.ask(each.need);
    else if (each.kind === 'join') this.join(each.machine);
    else if (each.kind === 'end') this.end(each.at);
    else if (place) this.befall(place, each);
  }

  private befall(place: Place, each: Extract<Step, { kind: 'leave' | 'open' | 'close' }>): void {
    const { sizes, shut } = this.checker;
    if (each.kind === 'leave') {
      this.fleet.remove(place);
      sizes.delete(place.id);
    } else if (each.kind === 'open') {
      this.fleet.open(place, each.isOpen);
      shut[each.isOpen ? 'delete' : 'add'](place.id);
    } else {
      this.fleet.closeGpu(place, each.gpu, each.isClosed);
      shut[each.isClosed ? 'add' : 'delete'](`${place.id}/${each.gpu}`);
    }
  }

  private join(size: Omit<MachineSize, 'id'>): void {
    const whole = { ...size, id: `m${this.joined}` };
    this.joined += 1;
    this.checker.sizes.set(whole.id, whole);
    this.fleet.add(whole);
  }

  private end(at: number): void {
    const [over] = this.checker.held.splice(at % Math.max(1, this.checker.held.length), 1);
    if (over) this.fleet.release(over.place, over.need, over.gpus, over.slice);
  }

  private ask(asks: Need): void {
    if (this.anew) {
      this.placer = this.engine();
      for (const earlier of this.asked) this.placer.note(earlier);
    }
    this.asked.push(asks);
    this.placer.note(asks);
    const found = this.placer.find(asks);
    this.decided.push(found && [found.place.id, found.gpus, found.slice, found.price]);
    this.check(asks, found);
    if (!found) return;
    this.fleet.take(found.place, asks, found.gpus, found.slice);
    this.checker.held.push({ ...found, need: asks });
  }

  private check(asks: Need, found: Found | null): void {
    const fitting = this.checker.fitting(asks);
    expect(found === null).toBe(fitting.length === 0);
    if (!found) return;
    expect(fitting).toContain(found.place.id);
    expect(new Set(found.gpus).size).toBe(asks.gpus);
    const serving = this.checker.serving(found.place, asks);
    for (const index of found.gpus) expect(serving).toContain(index);
    if (asks.mig !== undefined) expect(this.checker.isSliceFree(found.place, asks, found.gpus[0] ?? 0, found.slice ?? -9)).toBe(true);
  }
}

describe('A placer that is asked for more than room', () => {
  it('finds a place that a checker of its own agrees to, wherever there is one', () => {
    fc.assert(
      fc.property(history, (lived) => {
        expect(new World(lived).decided.length).toBe(lived.steps.filter(({ kind }) => kind === 'ask').length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('decides as one that was made a moment ago from the same facts', () => {
    fc.assert(
      fc.property(history, (lived) => {
        expect(new World(lived).decided).toEqual(new World(lived, true).decided);
      }),
      { numRuns: 300 },
    );
  });
});
