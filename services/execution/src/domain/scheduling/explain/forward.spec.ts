import { hour, SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { defaultSettings } from '../scheduler/settings.ts';
import { Forward } from './forward.ts';
import { type Offer, startsNow, variantsOf } from './instead.ts';
import type { Scene } from './scene.ts';
import { startOf } from './start.ts';

const random = () => 0.5;
const schedulerOf = ({ parts: { snapshot } }: Scene): Scheduler => Scheduler.restore(snapshot, defaultSettings, random);

const play = (scene: Scene, target: string, share: number): number | null | undefined => {
  const forward = new Forward({
    scheduler: schedulerOf(scene),
    requests: scene.parts.snapshot.requests,
    target,
    now: sceneNow,
    graceMs: defaultSettings.graceMs,
    share,
  });
  for (let steps = 0; steps < 1_000 && !forward.result; steps += 1) forward.step();
  return forward.result?.startsAt;
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

  it('never starts what no end makes room for', () => {
    expect(
      play(
        busy()
          .waits('r', { need: { gpus: 3 } })
          .build(),
        'r',
        1,
      ),
    ).toBeNull();
  });
});

describe('an estimate', () => {
  const soon = sceneNow + hour;

  it('is a span between what is usual and what is the latest', () => {
    const { start } = startOf({ late: sceneNow + 2 * hour, early: soon, meanShare: 0.25 }, undefined, sceneNow);
    expect(start).toMatchObject({ method: 'played-forward', earliest: new Date(soon).toISOString() });
    expect(start?.message).toMatch(/^In 60 minutes if runs use 25 % of their time limits/);
  });

  it('is what is reserved where it could not be played to its end, and says so', () => {
    const reserved = { at: soon, choice: 0, seats: [] };
    const { start } = startOf({ late: undefined, early: undefined, meanShare: 0.5 }, reserved, sceneNow);
    expect(start).toMatchObject({
      method: 'reservation',
      latest: new Date(soon).toISOString(),
      message: expect.stringContaining('too large'),
    });
    expect(startOf({ late: undefined, early: undefined, meanShare: 0.5 }, undefined, sceneNow)).toMatchObject({ start: null });
  });

  it('says where it never starts, and where it starts at once', () => {
    expect(startOf({ late: null, early: null, meanShare: 0.5 }, undefined, sceneNow).startUnknown).toContain('would never start');
    expect(startOf({ late: sceneNow, early: sceneNow, meanShare: 0.5 }, undefined, sceneNow).start).toMatchObject({ method: 'now' });
    expect(startOf({ late: null, early: soon, meanShare: 0.5 }, undefined, sceneNow).start).toMatchObject({ latest: null });
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
