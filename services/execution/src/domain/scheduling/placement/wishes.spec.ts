import { Fleet } from './fleet.ts';
import { keyOf, type Need } from './need.ts';
import type { Found, MachineSize } from './place.ts';
import { Placer } from './placer.ts';
import { policyOf } from './policies.ts';

const size = (id: string, more: Partial<MachineSize> = {}): MachineSize => ({
  id,
  cpuMilli: 8_000,
  memoryMib: 16_384,
  gpuModels: ['A100', 'A100'],
  ...more,
});
const oneGpu: Need = { cpuMilli: 1_000, memoryMib: 1_024, gpus: 1, gpuMilli: 1_000, models: null };
const twoGpus: Need = { ...oneGpu, gpus: 2 };

const given = (...sizes: readonly MachineSize[]) => {
  const fleet = new Fleet();
  for (const each of sizes) fleet.add(each);
  const placer = new Placer(
    fleet,
    policyOf('fgd', () => 0),
  );
  const idOf = (found: Found | null): string | null => found && `${found.place.id}:${found.gpus.join()}`;
  const put = (need: Need): string | null => {
    placer.note(need);
    const found = placer.find(need);
    if (found) fleet.take(found.place, need, found.gpus, found.slice);
    return idOf(found);
  };
  const place = (id: string) => {
    const found = fleet.get(id);
    if (!found) throw new Error(`no machine ${id}`);
    return found;
  };
  return { fleet, placer, put, idOf, place };
};

describe('A need with wishes', () => {
  it('goes to no machine but the one that it is pinned to', () => {
    const { put, fleet, place } = given(size('m0'), size('m1'));
    expect([put({ ...twoGpus, machine: 'm1' }), put({ ...oneGpu, machine: 'm1' })]).toEqual(['m1:0,1', null]);
    expect(put({ ...oneGpu, machine: 'm9' })).toBeNull();
    fleet.open(place('m0'), false);
    expect(put({ ...oneGpu, machine: 'm0' })).toBeNull();
  });

  it('goes to its pool, and to machines with all of its labels', () => {
    const { put } = given(size('m0', { labels: { zone: 'a' } }), size('m1', { labels: { zone: 'a', disk: 'fast' }, pool: 'night' }));
    expect(put({ ...oneGpu, labels: { zone: 'a', disk: 'fast' } })).toBe('m1:0');
    expect(put({ ...oneGpu, pool: 'night', labels: { zone: 'a' } })).toBe('m1:1');
    expect(put({ ...oneGpu, pool: 'day' })).toBeNull();
    expect(put({ ...oneGpu, labels: { zone: 'b' } })).toBeNull();
  });

  it('gets GPUs with the memory that it asks for, also of a machine that came later', () => {
    const { put, fleet } = given(size('m0', { gpuMemoryMib: [40_960, 81_920] }), size('m1'));
    const large: Need = { ...oneGpu, minGpuMemoryMib: 80_000 };
    expect([put(large), put(large)]).toEqual(['m0:1', null]);
    fleet.add(size('m2', { gpuMemoryMib: [97_871, 97_871] }));
    expect(put(large)).toBe('m2:0');
  });

  it('is served by models that came after it was first asked for', () => {
    const { put, fleet } = given(size('m0'));
    const h100: Need = { ...oneGpu, models: ['h100'] };
    expect(put(h100)).toBeNull();
    fleet.add(size('m1', { gpuModels: ['H100'] }));
    expect(put(h100)).toBe('m1:0');
  });

  it('does not fill the list of models with those that nobody has', () => {
    const { put, fleet } = given(size('m0'));
    for (let each = 0; each < 300; each += 1) expect(put({ ...oneGpu, models: [`model-${each}`] })).toBeNull();
    expect(fleet.add(size('m1', { gpuModels: ['H100'] })).onlyKind).toBe(1);
  });

  it('stays away from the machines and racks where a group is, and near it where it wants to be', () => {
    const { put } = given(size('m0', { rack: 'r0' }), size('m1', { rack: 'r0' }), size('m2', { rack: 'r1' }));
    const spread: Need = { ...oneGpu, group: 'g', apart: { group: 'g', scope: 'machine' } };
    expect([put(spread), put(spread), put(spread), put(spread)]).toEqual(['m0:0', 'm1:0', 'm2:0', null]);
    expect(put({ ...oneGpu, apart: { group: 'g', scope: 'rack' } })).toBeNull();
    expect(put({ ...oneGpu, near: { group: 'nobody', scope: 'machine' } })).toBeNull();
    const first: Need = { ...oneGpu, group: 'h', machine: 'm2', near: { group: 'h', scope: 'rack' } };
    expect(put(first)).toBe('m2:1');
    expect(put({ ...first, machine: 'm0' })).toBeNull();
  });

  it('may go near a group no more when the group has left', () => {
    const { fleet, placer, place } = given(size('m0'));
    const member: Need = { ...oneGpu, group: 'g' };
    const friend: Need = { ...oneGpu, near: { group: 'g', scope: 'machine' } };
    fleet.take(place('m0'), member, [0]);
    expect(placer.find(friend)?.gpus).toEqual([1]);
    fleet.release(place('m0'), member, [0]);
    expect(placer.find(friend)).toBeNull();
  });

  it('prefers, of places that cost nearly the same, the one that has its image, then the cheaper one', () => {
    const { placer, idOf } = given(
      size('m0', { pricePerHour: 3 }),
      size('m1', { pricePerHour: 2 }),
      size('m2', { images: ['i'], pricePerHour: 9 }),
    );
    expect(idOf(placer.find(oneGpu))).toBe('m1:0');
    expect(idOf(placer.find({ ...oneGpu, images: ['i'] }))).toBe('m2:0');
    expect(idOf(placer.find({ ...oneGpu, images: ['i'] }, { except: ({ id }) => id === 'm2' }))).toBe('m1:0');
  });

  it('has another key than one with other wishes', () => {
    const wishes: readonly Partial<Need>[] = [
      {},
      { minGpuMemoryMib: 1 },
      { mig: '1g.10gb' },
      { labels: { a: 'b' } },
      { pool: 'a' },
      { machine: 'a' },
      { near: { group: 'a', scope: 'rack' } },
      { near: { group: 'a', scope: 'rack' }, group: 'a' },
      { apart: { group: 'a', scope: 'rack' } },
      { apart: { group: 'a', scope: 'machine' } },
      { images: ['a'] },
      { weights: ['a'] },
    ];
    expect(new Set(wishes.map((wish) => keyOf({ ...oneGpu, ...wish }))).size).toBe(wishes.length);
    expect(keyOf({ ...oneGpu, group: 'a' })).toBe(keyOf(oneGpu));
  });
});

describe('A closed GPU', () => {
  it('is given to nobody, and comes back with what was released of it meanwhile', () => {
    const { fleet, put, place } = given(size('m0'));
    const half: Need = { ...oneGpu, gpuMilli: 500 };
    expect(put(half)).toBe('m0:0');
    fleet.closeGpu(place('m0'), 0, true);
    expect([put(half), put(half), put(half)]).toEqual(['m0:1', 'm0:1', null]);
    fleet.release(place('m0'), half, [0]);
    expect(put(half)).toBeNull();
    fleet.closeGpu(place('m0'), 0, false);
    expect(put(oneGpu)).toBe('m0:0');
  });
});

describe('A machine that has left', () => {
  it('is not found, and what is released of it later does not touch whoever has its number', () => {
    const { fleet, put, place, placer } = given(size('m0'));
    const gone = place('m0');
    expect(put(twoGpus)).toBe('m0:0,1');
    fleet.remove(gone);
    expect(placer.find(oneGpu)).toBeNull();
    fleet.add(size('m1', { cpuMilli: 2_000 }));
    expect(put(oneGpu)).toBe('m1:0');
    fleet.release(gone, twoGpus, [0, 1]);
    expect([put(oneGpu), put(oneGpu)]).toEqual(['m1:1', null]);
  });
});

describe('GPUs of NVLink islands', () => {
  const eight = (id: string): MachineSize =>
    size(id, { gpuModels: Array.from({ length: 8 }, () => 'A100'), islands: [0, 0, 0, 0, 1, 1, 1, 1], cpuMilli: 64_000 });

  it('are taken of one island before two, and of the fullest that suffices', () => {
    const { put } = given(eight('m0'));
    expect([put(oneGpu), put(oneGpu), put(twoGpus)]).toEqual(['m0:0', 'm0:1', 'm0:2,3']);
    expect([put({ ...oneGpu, gpuMilli: 500 }), put({ ...oneGpu, gpus: 3 })]).toEqual(['m0:4', 'm0:5,6,7']);
  });

  it('are taken of two where one does not suffice', () => {
    const { put } = given(eight('m0'));
    put({ ...oneGpu, gpus: 3 });
    expect(put({ ...oneGpu, gpus: 5 })).toBe('m0:3,4,5,6,7');
  });
});

describe('A gang', () => {
  it('finds room for all its members or for none, and takes nothing', () => {
    const { placer, idOf } = given(size('m0'), size('m1'));
    expect(placer.findGang(oneGpu, 2)?.map(idOf)).toEqual(['m0:0', 'm1:0']);
    expect(placer.findGang(twoGpus, 3)).toBeNull();
    expect(placer.findGang(twoGpus, 2)?.map(idOf)).toEqual(['m0:0,1', 'm1:0,1']);
    expect(placer.findGang(oneGpu, 1)?.map(idOf)).toEqual(['m0:0']);
  });

  it('has a machine for each member, and one machine for all of them only where it asks for that', () => {
    const { placer, idOf } = given(size('m0'), size('m1'));
    expect(placer.findGang(oneGpu, 3)).toBeNull();
    const apart: Need = { ...oneGpu, group: 'g', apart: { group: 'g', scope: 'machine' } };
    expect(placer.findGang(apart, 2)?.map(idOf)).toEqual(['m0:0', 'm1:0']);
    expect(placer.findGang({ ...oneGpu, group: 'g', near: { group: 'other', scope: 'machine' } }, 2)).toBeNull();
    const together: Need = { ...oneGpu, group: 'g', near: { group: 'g', scope: 'machine' } };
    expect(placer.findGang(together, 2)?.map(idOf)).toEqual(['m0:0', 'm0:1']);
    expect(placer.findGang(together, 3)).toBeNull();
    expect(placer.findGang({ ...together, apart: { group: 'g', scope: 'machine' } }, 2)).toBeNull();
  });
});
