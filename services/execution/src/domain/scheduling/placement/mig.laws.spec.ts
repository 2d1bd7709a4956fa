import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import { bitsOf, migFamilies, profileOf, profilesOf } from './mig.ts';
import type { Need } from './need.ts';
import { Placer } from './placer.ts';
import { policyNames, policyOf } from './policies.ts';

const whole: Need = { cpuMilli: 1, memoryMib: 1, gpus: 1, gpuMilli: 1_000, models: null };
const slice = (mig: string): Need => ({ ...whole, gpuMilli: 142, mig });

/** As NVIDIA's guide draws a GPU of eight memory slices: what each profile covers, by its first slice. */
const drawn: Readonly<Record<string, readonly string[]>> = {
  '1g.10gb': ['#.......', '.#......', '..#.....', '...#....', '....#...', '.....#..', '......#.'],
  '1g.20gb': ['##......', '..##....', '....##..', '......##'],
  '2g.20gb': ['##......', '..##....', '....##..'],
  '3g.40gb': ['####....', '....####'],
  '4g.40gb': ['####....'],
  '7g.80gb': ['########'],
};

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), profile: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), at: fc.nat(), isClosed: fc.boolean() }) },
);

const given = (families: readonly (string | null)[], policy: (typeof policyNames)[number] = 'fgd') => {
  const fleet = new Fleet();
  for (const [index, family] of families.entries()) {
    fleet.add({ id: `m${index}`, cpuMilli: 1_000, memoryMib: 1_000, gpuModels: ['GPU', 'GPU'], mig: [family, null] });
  }
  const placer = new Placer(
    fleet,
    policyOf(policy, () => 0.5),
  );
  const put = (need: Need) => {
    placer.note(need);
    const found = placer.find(need);
    if (found) fleet.take(found.place, need, found.gpus, found.slice);
    return found;
  };
  const at = (need: Need): string | null => {
    const found = put(need);
    return found && `${found.place.id}:${found.gpus.join()}:${found.slice}`;
  };
  return { fleet, put, at };
};

interface Held {
  readonly machine: number;
  readonly need: Need;
  readonly from: number;
  readonly to: number;
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Keeps its own account of who has which slices, and checks what the engine says against it. */
class Books {
  private readonly held: Held[] = [];
  private readonly closed = new Set<number>();
  private readonly names: readonly string[];
  private readonly world: ReturnType<typeof given>;

  constructor(
    private readonly families: readonly (string | null)[],
    policy: (typeof policyNames)[number],
  ) {
    this.world = given(families, policy);
    this.names = Object.keys(profilesOf(families.find((family) => family !== null) ?? ''));
  }

  live(each: Step): void {
    if (each.kind === 'close') this.close(each.at % this.families.length, each.isClosed);
    else if (each.kind === 'end') this.end(each.at);
    else this.ask(this.names[each.profile % Math.max(1, this.names.length)] ?? '1g.10gb');
  }

  private close(machine: number, isClosed: boolean): void {
    const place = this.world.fleet.get(`m${machine}`);
    if (place) this.world.fleet.closeGpu(place, 0, isClosed);
    if (isClosed) this.closed.add(machine);
    else this.closed.delete(machine);
  }

  private end(at: number): void {
    const [over] = this.held.splice(at % Math.max(1, this.held.length), 1);
    const place = over && this.world.fleet.get(`m${over.machine}`);
    if (place) this.world.fleet.release(place, over.need, [0], over.from);
  }

  private isFree(machine: number, from: number, to: number): boolean {
    return !this.held.some((each) => each.machine === machine && from < each.to && each.from < to);
  }

  private hasRoom(machine: number, name: string): boolean {
    const family = this.families[machine];
    const profile = !family || this.closed.has(machine) ? null : profileOf(family, name);
    return profile?.starts.some((start) => this.isFree(machine, start, start + profile.size)) ?? false;
  }

  private ask(name: string): void {
    const hasRoom = this.families.some((_, at) => this.hasRoom(at, name));
    const found = this.world.put(slice(name));
    expect(found !== null).toBe(hasRoom);
    if (!found) return;
    const machine = Number(found.place.id.slice(1));
    const profile = profileOf(this.families[machine] ?? '', name);
    const from = found.slice ?? -1;
    const to = from + (profile?.size ?? 0);
    expect([found.gpus, profile?.starts.includes(from), this.closed.has(machine)]).toEqual([[0], true, false]);
    expect(this.isFree(machine, from, to)).toBe(true);
    this.held.push({ machine, need: slice(name), from, to });
  }
}

describe('A GPU in MIG mode', () => {
  it('is sliced as the guide of its maker draws it', () => {
    for (const [name, lines] of Object.entries(drawn)) {
      const profile = profileOf('a100-80gb', name);
      const bits = (profile?.starts ?? []).map((start) => profile && bitsOf(profile, start));
      expect(bits).toEqual(lines.map((line) => [...line].reduce((sum, mark, at) => sum + (mark === '#' ? 2 ** at : 0), 0)));
    }
    expect(Object.keys(profilesOf('h100-80gb'))).toEqual(Object.keys(drawn));
    expect([profileOf('a100-80gb', '1g.5gb'), profileOf('v100', '1g.5gb'), profileOf('a100-80gb', 'toString')]).toEqual([null, null, null]);
  });

  it('never gives a slice twice, and what has room finds it, under any policy', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...migFamilies, null), { minLength: 1, maxLength: 4 }),
        fc.array(step, { maxLength: 50 }),
        fc.constantFrom(...policyNames),
        (families, steps, policy) => {
          const books = new Books(families, policy);
          for (const each of steps) books.live(each);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('serves slices alone, and slices are had of nothing else', () => {
    const { at } = given(['a100-80gb']);
    expect([at(whole), at(whole)]).toEqual(['m0:1:null', null]);
    expect(at({ ...whole, gpuMilli: 500 })).toBeNull();
    expect([at(slice('7g.80gb')), at(slice('1g.10gb'))]).toEqual(['m0:0:0', null]);
    expect(given([null]).at(slice('1g.10gb'))).toBeNull();
  });

  it('keeps room for the largest profiles', () => {
    const { at } = given(['a100-80gb', 'a100-80gb']);
    // A small one lies where a 4g cannot; the next beside it, and not on the GPU that is whole.
    expect([at(slice('1g.10gb')), at(slice('1g.10gb')), at(slice('4g.40gb')), at(slice('7g.80gb'))]).toEqual([
      'm0:0:6',
      'm0:0:4',
      'm0:0:0',
      'm1:0:0',
    ]);
  });

  it('has room for as many members of a gang that wants to be on one machine as it has slices', () => {
    const { fleet } = given(['a100-80gb']);
    const placer = new Placer(
      fleet,
      policyOf('fgd', () => 0),
    );
    const together: Need = { ...slice('2g.20gb'), group: 'g', near: { group: 'g', scope: 'machine' } };
    expect(placer.findGang(together, 3)?.map((found) => found.slice)).toEqual([4, 0, 2]);
    expect(placer.findGang(together, 4)).toBeNull();
    expect([fleet.mayEverServe(together, 3), fleet.mayEverServe(together, 4)]).toEqual([true, false]);
  });
});
