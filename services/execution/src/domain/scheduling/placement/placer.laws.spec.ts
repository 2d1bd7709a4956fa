import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import { isShare, type Need, wholeGpu } from './need.ts';
import type { Found, MachineSize } from './place.ts';
import { Placer } from './placer.ts';
import { policyNames, policyOf } from './policies.ts';

const models = ['a100', 'h100'];

const machine = fc.record({
  cpuMilli: fc.integer({ min: 0, max: 64_000 }),
  memoryMib: fc.integer({ min: 0, max: 65_536 }),
  gpuModels: fc.array(fc.constantFrom(...models), { maxLength: 4 }),
});

const need = fc
  .record({
    cpuMilli: fc.integer({ min: 0, max: 16_000 }),
    memoryMib: fc.integer({ min: 0, max: 16_384 }),
    gpus: fc.integer({ min: 0, max: 3 }),
    share: fc.constantFrom(100, 250, 500, 1_000),
    models: fc.option(fc.subarray(models, { minLength: 1 }), { nil: null }),
  })
  .map(({ share, ...rest }): Need => ({ ...rest, gpuMilli: rest.gpus === 0 ? 0 : rest.gpus === 1 ? share : 1_000 }));

/** What happens to a cluster. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), need }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), at: fc.nat(), isOpen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const), machine }) },
);
const history = fc.record({
  machines: fc.array(machine, { minLength: 1, maxLength: 6 }),
  steps: fc.array(step, { maxLength: 60 }),
  policy: fc.constantFrom(...policyNames.filter((name) => name !== 'random')),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const idOf = (index: number): string => `machine-${String(index).padStart(3, '0')}`;

/** Kept apart from the engine on purpose: what it says is checked, not believed. */
class Books {
  readonly held: { readonly id: string; readonly need: Need; readonly gpus: readonly number[] }[] = [];

  constructor(readonly sizes: Map<string, MachineSize>) {}

  used(id: string): { readonly cpu: number; readonly memory: number; readonly gpus: number[] } {
    const size = this.sizes.get(id);
    const gpus = new Array<number>(size?.gpuModels.length ?? 0).fill(0);
    let [cpu, memory] = [0, 0];
    for (const each of this.held.filter((one) => one.id === id)) {
      cpu += each.need.cpuMilli;
      memory += each.need.memoryMib;
      for (const index of each.gpus) gpus[index] = (gpus[index] ?? 0) + each.need.gpuMilli;
    }
    return { cpu, memory, gpus };
  }

  fits(id: string, { cpuMilli, memoryMib, gpus, gpuMilli, models: some }: Need): boolean {
    const size = this.sizes.get(id);
    if (!size) return false;
    const used = this.used(id);
    const least = gpus === 1 ? gpuMilli : wholeGpu;
    const serving = used.gpus.filter((milli, index) => {
      const model = size.gpuModels[index];
      return wholeGpu - milli >= least && (some === null || (model !== undefined && some.includes(model)));
    });
    return size.cpuMilli - used.cpu >= cpuMilli && size.memoryMib - used.memory >= memoryMib && serving.length >= gpus;
  }
}

interface Told {
  readonly found: Found | null;
  readonly need: Need;
  readonly books: Books;
  readonly closed: ReadonlySet<string>;
}

type Step = History['steps'][number];

/** A cluster that a history happens to. `anew`: each decision is made by an engine of its own, made from what is known then. */
class World {
  private readonly fleet = new Fleet();
  private readonly books = new Books(new Map());
  private readonly closed = new Set<string>();
  private readonly asked: Need[] = [];
  private placer: Placer;

  constructor(
    private readonly lived: History,
    private readonly decided: (told: Told) => void,
    private readonly anew = false,
  ) {
    this.placer = this.engine();
    for (const size of lived.machines) this.join(size);
    for (const each of lived.steps) this.live(each);
  }

  private live(each: Step): void {
    if (each.kind === 'join') this.join(each.machine);
    else if (each.kind === 'open') this.open(idOf(each.at % this.books.sizes.size), each.isOpen);
    else if (each.kind === 'end') this.end(each.at);
    else this.ask(each.need);
  }

  private join(size: Omit<MachineSize, 'id'>): void {
    const whole = { ...size, id: idOf(this.books.sizes.size) };
    this.books.sizes.set(whole.id, whole);
    this.fleet.add(whole);
  }

  private open(id: string, isOpen: boolean): void {
    const place = this.fleet.get(id);
    if (place) this.fleet.open(place, isOpen);
    if (isOpen) this.closed.delete(id);
    else this.closed.add(id);
  }

  private end(at: number): void {
    const { held } = this.books;
    const [over] = held.splice(at % Math.max(1, held.length), 1);
    const place = over && this.fleet.get(over.id);
    if (place) this.fleet.release(place, over.need, over.gpus);
  }

  private ask(asked: Need): void {
    if (this.anew) {
      this.placer = this.engine();
      for (const earlier of this.asked) this.placer.note(earlier);
    }
    this.asked.push(asked);
    this.placer.note(asked);
    const found = this.placer.find(asked);
    this.decided({ found, need: asked, books: this.books, closed: this.closed });
    if (!found) return;
    this.fleet.take(found.place, asked, found.gpus);
    this.books.held.push({ id: found.place.id, need: asked, gpus: found.gpus });
  }

  private engine(): Placer {
    return new Placer(
      this.fleet,
      policyOf(this.lived.policy, () => 0),
    );
  }
}

const live = (...told: ConstructorParameters<typeof World>): World => new World(...told);

const expectRoom = ({ place, gpus }: Found, asked: Need, books: Books): void => {
  expect(new Set(gpus).size).toBe(asked.gpus);
  const { gpus: used } = books.used(place.id);
  for (const index of gpus) {
    expect(wholeGpu - (used[index] ?? wholeGpu)).toBeGreaterThanOrEqual(isShare(asked) ? asked.gpuMilli : wholeGpu);
    expect(asked.models ?? models).toContain(place.gpuModels[index]);
  }
};

describe('A placer', () => {
  it('never gives away what is not there, and places whatever has room somewhere', () => {
    fc.assert(
      fc.property(history, (lived) => {
        live(lived, ({ found, need: asked, books, closed }) => {
          const open = [...books.sizes.keys()].filter((id) => !closed.has(id) && books.fits(id, asked));
          expect(found?.candidates ?? 0).toBe(open.length);
          if (!found) return;
          expect(open).toContain(found.place.id);
          expectRoom(found, asked, books);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('decides as one that was made a moment ago from the same facts', () => {
    fc.assert(
      fc.property(history, (lived) => {
        const [kept, made]: [unknown[], unknown[]] = [[], []];
        const tell =
          (into: unknown[]) =>
          ({ found }: Told) =>
            into.push(found && [found.place.id, found.gpus, found.price]);
        live(lived, tell(kept));
        live(lived, tell(made), true);
        expect(kept).toEqual(made);
      }),
      { numRuns: 300 },
    );
  });
});
