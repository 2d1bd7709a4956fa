import fc from 'fast-check';
import { gpus, hour, World } from '../../../../test/scheduling/world.ts';
import type { Request } from '../request.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { defaultSettings } from '../scheduler/settings.ts';
import { type Ending, Forward } from './forward.ts';
import { startsNow } from './instead.ts';

const { graceMs } = defaultSettings;

interface Wish {
  readonly queue: 'a' | 'b';
  readonly gpus: number;
  readonly hours: number;
  readonly isPreemptible: boolean;
  readonly rank: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  queue: fc.constantFrom('a', 'b'),
  gpus: fc.integer({ min: 1, max: 4 }),
  hours: fc.integer({ min: 1, max: 4 }),
  isPreemptible: fc.boolean(),
  rank: fc.integer({ min: 0, max: 1 }),
});
const story = fc.record({
  machines: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  wishes: fc.array(wish, { minLength: 2, maxLength: 10 }),
});
type Told = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Everything is submitted one minute after the other and placed where that is possible; then it is asked. */
const told = ({ machines, wishes }: Told): { readonly world: World; readonly requests: readonly Request[] } => {
  const world = new World();
  for (const [index, count] of machines.entries()) world.machine(`m${index}`, count);
  for (const [index, each] of wishes.entries()) {
    const { rank, isPreemptible } = each;
    world.ask(`r${index}`, each.queue, gpus(each.gpus), { limitMs: each.hours * hour, rank, isPreemptible });
    world.round();
    world.pass(60_000);
  }
  return { world, requests: world.scheduler.snapshot().requests.map(({ request }) => request) };
};

const waitingIn = ({ scheduler, now }: World): readonly string[] => scheduler.waits(now).map(({ request }) => request);

const predicted = (world: World, target: string): Ending | null => {
  const { requests } = world.scheduler.snapshot();
  const forward = new Forward({ scheduler: world.restored(), requests, target, now: world.now, graceMs, share: 1 });
  for (let steps = 0; steps < 2_000 && forward.result === null; steps += 1) forward.step();
  return forward.result;
};

interface Coming {
  readonly id: string;
  readonly at: number;
  readonly isLeaving: boolean;
}

/** When each that runs ends, or has made way. */
const comingIn = ({ scheduler }: World): readonly Coming[] =>
  scheduler.snapshot().requests.flatMap(({ request: { id, limitMs }, placed, preemptingAt }): Coming[] => {
    if (!placed) return [];
    if (preemptingAt !== null) return [{ id, at: preemptingAt + graceMs, isLeaving: true }];
    return [{ id, at: placed.at + limitMs, isLeaving: false }];
  });

/** Until nothing more is decided at this moment. */
const settle = (world: World, starts: Map<string, number>): void => {
  for (let said = world.round(); said.length > 0; said = world.round()) {
    const placed = said.filter((line) => line.startsWith('place ')).map((line) => line.slice('place '.length));
    for (const id of placed) if (!starts.has(id)) starts.set(id, world.now);
  }
};

/** The same world, lived on: all run for as long as they may, and nobody else comes. */
const lived = (world: World): ReadonlyMap<string, number> => {
  const starts = new Map<string, number>();
  for (let steps = 0; steps < 500; steps += 1) {
    settle(world, starts);
    const due = world.scheduler.dueAt(world.now);
    const moments = [...comingIn(world).map(({ at }) => at), ...(due !== null && due > world.now ? [due] : [])];
    if (moments.length === 0) return starts;
    world.now = Math.max(world.now + 1, Math.min(...moments));
    for (const { id, isLeaving } of comingIn(world).filter(({ at }) => at <= world.now)) {
      if (isLeaving) world.preempted(id);
      else world.end(id);
    }
  }
  return starts;
};

describe('what is predicted', () => {
  it('is when it starts, where all use their whole time and nobody else comes', () => {
    fc.assert(
      fc.property(story, (each) => {
        const { world } = told(each);
        const predictions = waitingIn(world).map((id) => [id, predicted(world, id)] as const);
        const starts = lived(world);
        for (const [id, at] of predictions) expect([id, at]).toEqual([id, starts.get(id) ?? 'never']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what would start now', () => {
  it('does when it is submitted, and what would not does not', () => {
    fc.assert(
      fc.property(story, fc.nat(), fc.integer({ min: 1, max: 4 }), (each, which, fewer) => {
        const { world, requests } = told(each);
        const waiting = waitingIn(world);
        const original = requests.find(({ id }) => id === waiting[which % waiting.length]);
        if (!original) return;
        const variant = { ...original, ask: { nodes: 1, choices: [gpus(fewer)] } };
        const copy = world.restored();
        copy.ended(original.id, world.now);
        const said = startsNow(copy, { request: variant }, world.now);
        const real = Scheduler.restore(world.scheduler.snapshot(), defaultSettings, () => 0.5);
        real.ended(original.id, world.now);
        real.submit({ ...variant, id: 'instead', submittedAt: world.now });
        const does = real.decide(world.now, 1_000).some(({ kind, request }) => kind === 'place' && request === 'instead');
        expect(said).toBe(does);
        // Asking has changed nothing.
        expect(startsNow(copy, { request: variant }, world.now)).toBe(said);
      }),
      { numRuns: 100 },
    );
  });
});

describe('positions', () => {
  it('are the order in which those of one queue start that ask for the same', () => {
    const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 3 }), (ranks, machines) => {
        const world = new World();
        for (let index = 0; index < machines; index += 1) world.machine(`m${index}`, 1);
        for (let index = 0; index < machines; index += 1) world.ask(`first${index}`, 'a', gpus(1), { limitMs: (index + 1) * hour });
        world.round();
        for (const [index, rank] of ranks.entries()) {
          world.pass(60_000);
          world.ask(`r${index}`, 'a', gpus(1), { rank });
        }
        const waiting = waitingIn(world);
        const starts = lived(world);
        const moments = waiting.map((id) => starts.get(id) ?? Number.POSITIVE_INFINITY);
        expect(moments).toEqual([...moments].sort((one, other) => one - other));
        expect(moments.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
