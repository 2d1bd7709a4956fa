import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import type { Need } from './need.ts';
import type { Found, MachineSize } from './place.ts';
import { Placer } from './placer.ts';
import { policyOf } from './policies.ts';

const machine = fc.record({
  cpuMilli: fc.integer({ min: 0, max: 8 }),
  gpus: fc.integer({ min: 0, max: 3 }),
  rack: fc.option(fc.constantFrom('r0', 'r1', 'r2'), { nil: undefined }),
});
const ask = fc.record({
  cpuMilli: fc.integer({ min: 0, max: 3 }),
  gpus: fc.integer({ min: 0, max: 2 }),
  share: fc.constantFrom(300, 500, 1_000),
  nodes: fc.integer({ min: 1, max: 7 }),
  near: fc.option(fc.constantFrom('machine' as const, 'rack' as const), { nil: undefined }),
  apart: fc.option(fc.constantFrom('machine' as const, 'rack' as const), { nil: undefined }),
});

type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;
type Ask = typeof ask extends fc.Arbitrary<infer T> ? T : never;

const sizeOf = ({ cpuMilli, gpus, rack }: Machine, index: number): MachineSize => {
  const gpuModels = Array.from({ length: gpus }, () => 'a100');
  return { id: `m${index}`, cpuMilli, memoryMib: 1, gpuModels, ...(rack ? { rack } : {}) };
};

const needOf = ({ cpuMilli, gpus, share, near, apart }: Omit<Ask, 'nodes'>): Need => ({
  cpuMilli,
  memoryMib: 0,
  gpus,
  gpuMilli: gpus === 0 ? 0 : gpus === 1 ? share : 1_000,
  models: null,
  group: 'g',
  ...(near ? { near: { group: 'g', scope: near } } : {}),
  ...(apart ? { apart: { group: 'g', scope: apart } } : {}),
});

/** How many have room on a machine with nothing on it, counted on its own. */
const roomOn = ({ cpuMilli, gpuModels }: MachineSize, need: Need): number => {
  let [cpu, count] = [cpuMilli, 0];
  const gpus = gpuModels.map(() => 1_000);
  const milli = need.gpus === 1 ? need.gpuMilli : 1_000;
  while (count < 100 && cpu >= need.cpuMilli) {
    const some = [...gpus.keys()].filter((gpu) => (gpus[gpu] ?? 0) >= milli).slice(0, need.gpus);
    if (some.length < need.gpus) break;
    for (const gpu of some) gpus[gpu] = (gpus[gpu] ?? 0) - milli;
    cpu -= need.cpuMilli;
    count += 1;
  }
  return count;
};

const rackOf = ({ id, rack }: Pick<MachineSize, 'id' | 'rack'>): string => rack ?? `of ${id}`;

/** Members that have room in each rack. */
const roomByRack = (sizes: readonly MachineSize[], need: Need): ReadonlyMap<string, number> => {
  const rooms = new Map<string, number>();
  for (const size of sizes) {
    // Each member has a machine of its own: those who want to be on one are counted elsewhere.
    const room = Math.min(1, roomOn(size, need));
    const before = rooms.get(rackOf(size)) ?? 0;
    rooms.set(rackOf(size), need.apart?.scope === 'rack' ? Math.max(before, room) : before + room);
  }
  return rooms;
};

/** The fewest racks that have room for all, or null. */
const fewestRacks = (rooms: ReadonlyMap<string, number>, nodes: number): number | null => {
  let [racks, room] = [0, 0];
  for (const each of [...rooms.values()].sort((a, b) => b - a)) {
    if (room >= nodes) break;
    room += each;
    racks += 1;
  }
  return room >= nodes ? racks : null;
};

const expectRoom = (sizes: readonly MachineSize[], need: Need, found: readonly Found[]): void => {
  for (const size of sizes) {
    const here = found.filter(({ place }) => place.id === size.id);
    expect(here.length * need.cpuMilli).toBeLessThanOrEqual(size.cpuMilli);
    const used = size.gpuModels.map(() => 0);
    for (const { gpus } of here) for (const gpu of gpus) used[gpu] = (used[gpu] ?? 0) + need.gpuMilli;
    expect(Math.max(0, ...used)).toBeLessThanOrEqual(1_000);
    for (const { gpus } of here) expect(new Set(gpus).size).toBe(need.gpus);
  }
};

/** `fewest`: so many racks would do; null: nobody said of a machine which rack it is in. */
const expectDomains = (found: readonly Found[], { near, apart }: Need, fewest: number | null): void => {
  const nodes = found.length;
  const used = {
    rack: new Set(found.map(({ place }) => rackOf(place))).size,
    machine: new Set(found.map(({ place }) => place.id)).size,
  };
  expect(used.machine).toBe(near?.scope === 'machine' ? 1 : nodes);
  expect(apart ? used[apart.scope] : nodes).toBe(nodes);
  expect(near ? used[near.scope] : 1).toBe(1);
  if (fewest !== null && apart?.scope !== 'rack') expect(used.rack).toBe(fewest);
};

const feasible = (sizes: readonly MachineSize[], need: Need, nodes: number): number | null => {
  if (!need.near) return fewestRacks(roomByRack(sizes, need), nodes);
  if (need.apart && nodes > 1 && (need.near.scope === 'machine' || need.apart.scope === 'rack')) return null;
  const rooms = need.near.scope === 'rack' ? [...roomByRack(sizes, need).values()] : sizes.map((size) => roomOn(size, need));
  return rooms.some((room) => room >= nodes) ? 1 : null;
};

describe('A gang', () => {
  it('gets room for all or for none, in as few racks as there can be, and leaves the cluster as it was', () => {
    fc.assert(
      fc.property(fc.array(machine, { minLength: 1, maxLength: 7 }), ask, (machines, { nodes, share, near, apart, ...rest }) => {
        const fleet = new Fleet();
        const sizes = machines.map(sizeOf);
        const places = sizes.map((size) => fleet.add(size));
        const free = () => structuredClone(places.map((place) => place.free));
        const before = free();
        const need = needOf({ ...rest, share, near, apart });
        const placer = new Placer(
          fleet,
          policyOf('fgd', () => 0),
        );
        const found = placer.findGang(need, nodes);
        expect(free()).toEqual(before);
        const fewest = feasible(sizes, need, nodes);
        expect(found === null).toBe(fewest === null);
        expect(fleet.mayEverServe(need, nodes)).toBe(fewest !== null);
        if (!found) return;
        expect(found.length).toBe(nodes);
        expectRoom(sizes, need, found);
        expectDomains(found, need, fleet.hasRacks ? fewest : null);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes the rack that it leaves the least of', () => {
    const fleet = new Fleet();
    const add = (id: string, rack: string, gpus: number) =>
      fleet.add({ id, rack, cpuMilli: 8, memoryMib: 8, gpuModels: Array.from({ length: gpus }, () => 'a100') });
    for (const [id, rack, gpus] of [
      ['m0', 'large', 8],
      ['m1', 'large', 8],
      ['m2', 'small', 2],
      ['m3', 'small', 2],
    ] as const)
      add(id, rack, gpus);
    const placer = new Placer(
      fleet,
      policyOf('fgd', () => 0),
    );
    const need: Need = { cpuMilli: 1, memoryMib: 1, gpus: 2, gpuMilli: 1_000, models: null };
    expect(placer.findGang(need, 2)?.map(({ place }) => place.id)).toEqual(['m2', 'm3']);
  });
});

describe('A fleet', () => {
  it('knows what it could never serve, however empty it were', () => {
    const fleet = new Fleet();
    fleet.add({ id: 'm0', cpuMilli: 8, memoryMib: 8, gpuModels: ['A100', 'A100'], pool: 'day' });
    const gone = fleet.add({ id: 'm1', cpuMilli: 8, memoryMib: 8, gpuModels: ['A100', 'A100'] });
    const need: Need = { cpuMilli: 1, memoryMib: 1, gpus: 2, gpuMilli: 1_000, models: null };
    expect([1, 2, 3].map((nodes) => fleet.mayEverServe({ ...need, gpus: 1 }, nodes))).toEqual([true, true, false]);
    for (const place of fleet.places) if (place) fleet.take(place, need, [0, 1]);
    expect([fleet.mayEverServe(need), fleet.mayEverServe(need, 2), fleet.mayEverServe(need, 3)]).toEqual([true, true, false]);
    expect(fleet.mayEverServe({ ...need, gpus: 3 })).toBe(false);
    expect(fleet.mayEverServe({ ...need, models: ['h100'] })).toBe(false);
    expect([fleet.mayEverServe({ ...need, pool: 'day' }), fleet.mayEverServe({ ...need, pool: 'night' })]).toEqual([true, false]);
    expect([fleet.mayEverServe({ ...need, machine: 'm1' }), fleet.mayEverServe({ ...need, machine: 'm2' })]).toEqual([true, false]);
    fleet.remove(gone);
    expect([fleet.mayEverServe({ ...need, machine: 'm1' }), fleet.mayEverServe(need, 2)]).toEqual([false, false]);
  });
});
