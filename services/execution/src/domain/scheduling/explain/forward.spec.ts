import { hour, needOf, SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';
import type { Reserved } from '../scheduler/facts.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { defaultSettings } from '../scheduler/settings.ts';
import { type Ending, Forward } from './forward.ts';
import { type Offer, startsNow, variantsOf } from './instead.ts';
import type { Scene } from './scene.ts';
import { shareOf, startOf } from './start.ts';

const random = () => 0.5;
const schedulerOf = ({ parts: { snapshot } }: Scene): Scheduler => Scheduler.restore(snapshot, defaultSettings, random);

const play = (scene: Scene, target: string, share: number, graceMs = defaultSettings.graceMs): Ending | null => {
  const forward = new Forward({
    scheduler: schedulerOf(scene),
    requests: scene.parts.snapshot.requests,
    target,
    now: sceneNow,
    graceMs,
    share,
  });
  for (let steps = 0; steps < 1_000 && forward.result === null; steps += 1) forward.step();
  return forward.result;
};

const busy = () =>
  new SceneBuilder()
    .machine('m', { gpuModels: ['a100', 'a100'] })
    .runs('a', { m: [0] }, { limitMs: 2 * hour, at: sceneNow - hour })
    .runs('b', { m: [1] }, { limitMs: 4 * hour, at: sceneNow - hour });

describe('a scheduler that is run on', () => {
  it('starts what waits when the first end makes room, at the limit or at the usual part of what is left', () => {
    const scene = busy().waits('r').build();
    expect(play(scene, 'r', 1)).toBe(sceneNow + hour);
    expect(play(scene, 'r', 0.5)).toBe(sceneNow + hour / 2);
  });

  it('lets those before it go first, and their time pass too', () => {
    const scene = busy()
      .waits('first', { submittedAt: sceneNow - 2 * hour, limitMs: hour })
      .waits('r', { need: { gpus: 2 } })
      .build();
    expect(play(scene, 'r', 1)).toBe(sceneNow + 3 * hour);
  });

  it('starts what others make way for when these are gone: at once at the earliest, and when their grace is over at the latest', () => {
    const scene = new SceneBuilder()
      .machine('m', { gpuModels: ['a100'] })
      .quota('org', { guaranteed: { a100: 1_000 } })
      .runs('a', { m: [0] }, { queue: 'other', isBorrowed: true, isPreemptible: true, limitMs: 9 * hour })
      .waits('r')
      .build();
    const { graceMs } = defaultSettings;
    expect(play(scene, 'r', 1)).toBe(sceneNow + graceMs);
    const at = play(scene, 'r', 1, 0);
    expect(at).toBeGreaterThanOrEqual(sceneNow);
    expect(at).toBeLessThan(sceneNow + 10);
  });

  it('never starts what no end makes room for', () => {
    expect(
      play(
        busy()
          .waits('r', { need: { gpus: 3 } })
          .build(),
        'r',
        1,
      ),
    ).toBe('never');
  });

  it('says where a deadline ends it first', () => {
    const scene = busy().waits('r', { deadlineAt: sceneNow + 2.5 * hour, limitMs: 2 * hour });
    expect(play(scene.build(), 'r', 1)).toBe('expires');
  });
});

describe('an estimate', () => {
  const soon = sceneNow + hour;

  const [measured, guessed] = [shareOf(0.25), shareOf(null)];
  const waits = (reserved?: Reserved) => ({ reason: 'all-busy', reserved, now: sceneNow }) as const;

  it('is a span between what is usual and what is the latest', () => {
    const { start } = startOf({ late: sceneNow + 2 * hour, early: soon, share: measured }, waits());
    expect(start).toMatchObject({ method: 'played-forward', earliest: new Date(soon).toISOString() });
    expect(start?.message).toMatch(/^In 60 minutes if runs use 25 % of the time that they have left, as runs used of their limits so far/);
  });

  it('is said to be a guess before any run has ended', () => {
    const { start } = startOf({ late: sceneNow + 2 * hour, early: soon, share: guessed }, waits());
    expect(start?.message).toContain('which is a guess, for none has ended yet');
    expect(start?.message).not.toContain('so far');
  });

  it('is what is reserved where it could not be played to its end, and says so', () => {
    const reserved = { at: soon, choice: 0, seats: [] };
    const { start } = startOf({ late: undefined, early: undefined, share: measured }, waits(reserved));
    expect(start).toMatchObject({
      method: 'reservation',
      latest: new Date(soon).toISOString(),
      message: expect.stringContaining('too large'),
    });
    expect(startOf({ late: undefined, early: undefined, share: measured }, waits())).toMatchObject({ start: null });
  });

  it('says where it never starts, and where it starts at once', () => {
    expect(startOf({ late: 'never', early: 'never', share: measured }, waits()).startUnknown).toContain('would never start');
    expect(startOf({ late: 'expires', early: 'never', share: measured }, waits()).startUnknown).toContain('deadline');
    expect(startOf({ late: sceneNow, early: sceneNow, share: measured }, waits()).start).toMatchObject({ method: 'now' });
    expect(startOf({ late: 'never', early: soon, share: measured }, waits()).start).toMatchObject({ latest: null });
  });

  it.each([
    ['no-machine', 'machines are added that could take it'],
    ['closed', 'put back to work'],
    ['machine-away', 'that machine is put back to work'],
    ['quota', 'the limit is raised'],
    ['all-busy', 'machines are added or come back'],
  ] as const)('names what would help of one that waits for %s', (reason, remedy) => {
    const { startUnknown } = startOf({ late: 'never', early: 'never', share: measured }, { ...waits(), reason });
    expect(startUnknown).toContain(remedy);
  });
});

describe('what would start now', () => {
  const offers: readonly Offer[] = [
    { name: 'gpu.a100', need: { cpuMilli: 4_000, memoryMib: 16_384, gpus: 1, gpuMilli: 1_000, models: ['a100'] } },
    { name: 'gpu.a100-x4', need: { cpuMilli: 4_000, memoryMib: 16_384, gpus: 4, gpuMilli: 1_000, models: ['a100'] } },
    { name: 'cpu', need: { cpuMilli: 4_000, memoryMib: 16_384, gpus: 0, gpuMilli: 0, models: null } },
  ];
  const found = (build: SceneBuilder, { without = true } = {}) => {
    const scene = build.build();
    const request = scene.requests.get('r')?.request;
    if (!request) throw new Error('r is there');
    const scheduler = schedulerOf(scene);
    if (without) scheduler.ended('r', sceneNow);
    return variantsOf(request, offers)
      .filter((variant) => startsNow(scheduler, variant, sceneNow))
      .map(({ alternative: { change, input } }) => ({ change, input }));
  };

  it('is a smaller machine type, the nearest first, and never one without GPUs', () => {
    const half = new SceneBuilder()
      .machine('m')
      .runs('a', { m: [0, 1, 2, 3] })
      .waits('r', { need: { gpus: 8 } });
    expect(found(half).filter(({ change }) => change === 'machine-type')).toEqual([
      { change: 'machine-type', input: { machineType: 'gpu.a100-x4' } },
      { change: 'machine-type', input: { machineType: 'gpu.a100' } },
    ]);
  });

  it('is less than was asked for last of all, and says so', () => {
    const t4 = { name: 't4', need: { ...needOf(), models: ['t4'] } };
    const h100 = { name: 'h100', need: { ...needOf({ gpus: 8 }), models: ['h100'] } };
    const request = new SceneBuilder()
      .waits('r', { need: { gpus: 8 }, isPreemptible: true })
      .build()
      .requests.get('r')?.request;
    const all = request ? variantsOf(request, [t4, h100]).map(({ alternative: { message } }) => message) : [];
    expect(all[0]).toBe('As h100 (8 h100) it would start now.');
    expect(all.at(-1)).toBe('As t4 (1 t4 instead of 8 a100) it would start now.');
  });

  it('is never more than was asked for', () => {
    const more: readonly Offer[] = [
      { name: 'x4', need: { cpuMilli: 4_000, memoryMib: 16_384, gpus: 4, gpuMilli: 1_000, models: ['a100'] } },
      { name: 'fat', need: { cpuMilli: 32_000, memoryMib: 16_384, gpus: 1, gpuMilli: 1_000, models: ['A100'] } },
      { name: 'other', need: { cpuMilli: 32_000, memoryMib: 16_384, gpus: 1, gpuMilli: 1_000, models: ['h100'] } },
      { name: 'cpu-x2', need: { cpuMilli: 8_000, memoryMib: 16_384, gpus: 0, gpuMilli: 0, models: null } },
    ];
    const namesFor = (wish: Parameters<SceneBuilder['waits']>[1]): readonly unknown[] => {
      const request = new SceneBuilder().waits('r', wish).build().requests.get('r')?.request;
      return request ? variantsOf(request, more).flatMap(({ alternative: { input } }) => input.machineType ?? []) : [];
    };
    expect(namesFor({ need: { gpus: 1 } })).toEqual(['other']);
    expect(namesFor({ need: { gpus: 2 } })).toEqual(['other']);
    expect(namesFor({ need: { gpus: 4 } })).toEqual(['x4', 'other']);
    expect(namesFor({ need: { gpus: 0, gpuMilli: 0, models: null } })).toEqual([]);
  });

  it('is fewer nodes', () => {
    const two = new SceneBuilder()
      .machine('m1')
      .machine('m2')
      .waits('r', { nodes: 4, need: { gpus: 8 } });
    expect(found(two).filter(({ change }) => change === 'nodes')).toEqual([
      { change: 'nodes', input: { nodes: 2 } },
      { change: 'nodes', input: { nodes: 1 } },
    ]);
  });

  it('is nothing where nothing would', () => {
    expect(found(new SceneBuilder().machine('m', {}, { away: 'cordoned' }).waits('r'))).toEqual([]);
  });
});
