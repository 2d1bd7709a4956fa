import { hour, needOf, SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';
import { explainWait } from './explain.ts';
import { gpusOf } from './in-words.ts';
import type { Scene } from './scene.ts';

const nothing = { start: null, startUnknown: 'nobody asked', instead: [] };
const explained = (scene: Scene, id = 'r') => {
  const found = explainWait(scene, id, nothing);
  if (!found) throw new Error(`${id} does not wait`);
  return found;
};
const scene = () => new SceneBuilder();
const causesOf = (builder: SceneBuilder) => explained(builder.build()).missing[0]?.causes.map(({ cause, machines }) => [cause, machines]);

describe('what is missing', () => {
  it('is counted in the machine that has the most of it, beside the machines that are away', () => {
    const built = scene()
      .machine('m1')
      .machine('m2')
      .machine('m3', {}, { away: 'cordoned' })
      .machine('m4', {}, { away: 'cordoned' })
      .runs('a', { m1: [0, 1, 2, 3, 4] })
      .runs('b', { m2: [0, 1, 2, 3, 4, 5] })
      .waits('r', { need: { gpus: 8 } })
      .build();
    const [missing] = explained(built).missing;
    expect(missing).toMatchObject({ freeGpus: 3, neededGpus: 8 });
    expect(missing?.message).toBe('3 of 8 a100 are free in one machine. 2 machines have too few free GPUs; 2 machines are cordoned.');
  });

  it.each([
    ['lost', () => scene().machine('m', {}, { away: 'lost' }).waits('r')],
    ['cordoned', () => scene().machine('m', {}, { away: 'cordoned' }).waits('r')],
    ['unfit', () => scene().machine('m', {}, { away: 'unfit' }).waits('r')],
    [
      'pool',
      () =>
        scene()
          .machine('m', { pool: 'a' })
          .waits('r', { need: { pool: 'b' } }),
    ],
    [
      'labels',
      () =>
        scene()
          .machine('m', { labels: { zone: 'eu' } })
          .waits('r', { need: { labels: { zone: 'us' } } }),
    ],
    [
      'gpu-model',
      () =>
        scene()
          .machine('m', { gpuModels: ['h100'] })
          .waits('r'),
    ],
    [
      'gpu-model',
      () =>
        scene()
          .machine('m', { gpuModels: ['a100'] })
          .waits('r', { need: { gpus: 2 } }),
    ],
    [
      'gpu-memory',
      () =>
        scene()
          .machine('m', { gpuModels: ['a100'], gpuMemoryMib: [40_960] })
          .waits('r', { need: { minGpuMemoryMib: 81_920 } }),
    ],
    ['too-small', () => scene().machine('m', { cpuMilli: 1_000 }).waits('r')],
    ['too-small', () => scene().machine('m', { memoryMib: 1_024 }).waits('r')],
    [
      'group',
      () =>
        scene()
          .machine('m')
          .waits('r', { need: { near: { group: 'g', scope: 'machine' } } }),
    ],
    [
      'gpus-faulty',
      () =>
        scene()
          .machine('m', { gpuModels: ['a100'] }, { closedGpus: [0] })
          .waits('r'),
    ],
    [
      'gpus-taken',
      () =>
        scene()
          .machine('m', { gpuModels: ['a100'] })
          .runs('a', { m: [0] })
          .waits('r'),
    ],
    [
      'cpu-taken',
      () =>
        scene()
          .machine('m')
          .runs('a', { m: [0] }, { need: { cpuMilli: 62_000 } })
          .waits('r'),
    ],
    [
      'memory-taken',
      () =>
        scene()
          .machine('m')
          .runs('a', { m: [0] }, { need: { memoryMib: 260_000 } })
          .waits('r'),
    ],
    ['has-room', () => scene().machine('m').waits('r')],
    [
      'pinned-elsewhere',
      () =>
        scene()
          .machine('m')
          .waits('r', { need: { machine: 'other' } }),
    ],
  ])('says %s of a machine', (cause, build) => {
    expect(causesOf(build())).toEqual([[cause, 1]]);
  });

  it('counts slices of a GPU in MIG mode, and shares', () => {
    const sliced = { gpuModels: ['a100'], mig: ['a100-80gb'] };
    expect(
      causesOf(
        scene()
          .machine('m', sliced)
          .waits('r', { need: { mig: '1g.10gb', gpuMilli: 142 } }),
      ),
    ).toEqual([['has-room', 1]]);
    expect(
      causesOf(
        scene()
          .machine('m', sliced)
          .waits('r', { need: { mig: '7g.40gb', gpuMilli: 1_000 } }),
      ),
    ).toEqual([['no-slices', 1]]);
    const full = scene()
      .machine('m', { gpuModels: ['a100'] })
      .runs('a', { m: [0] })
      .waits('r', { need: { gpuMilli: 500 } })
      .build();
    expect(explained(full).missing[0]?.message).toMatch(/^No machine has 0.5 a100 free\. /);
    expect(gpusOf(needOf({ mig: '1g.10gb' }))).toBe('a slice 1g.10gb of an a100');
    const shared = scene()
      .machine('m', { gpuModels: ['a100'] })
      .runs('a', { m: [0] }, { need: { gpuMilli: 700 } });
    expect(causesOf(shared.waits('r', { need: { gpuMilli: 500 } }))).toEqual([['gpus-taken', 1]]);
  });

  it('names the machine that it is pinned to, and never ignores it', () => {
    const pin = { need: { machine: 'm2' } };
    const offline = scene().machine('m1').machine('m2', {}, { away: 'lost' }).waits('r', pin).build();
    expect(explained(offline).missing[0]?.message).toBe('The machine that it is pinned to, m2, is offline: nothing else will do.');
    const gone = scene().machine('m1').waits('r', pin).build();
    expect(explained(gone).missing[0]?.message).toContain('is not there');
  });

  it('counts the machines that a gang needs at once', () => {
    const built = scene()
      .machine('m1')
      .machine('m2', { gpuModels: ['a100'] })
      .waits('r', { nodes: 4, need: { gpus: 8 } })
      .build();
    expect(explained(built).missing[0]?.message).toMatch(/^1 of 4 machines has room: each member needs one of its own\./);
  });

  it('of two small members on one free machine is another machine', () => {
    const built = scene()
      .machine('m1')
      .machine('m2')
      .runs('other', { m2: [0, 1, 2, 3, 4, 5, 6, 7] })
      .waits('r', { nodes: 2, need: { gpus: 2 } })
      .build();
    const { summary, missing } = explained(built);
    expect(summary).toMatch(
      /^Its members start together, and the machines that could take them have too little room for all of them at once\./,
    );
    expect(missing[0]?.message).toMatch(/^1 of 2 machines has room: each member needs one of its own\./);
  });

  it('of members that want one machine is one with room for them all', () => {
    const near = { group: 'g', scope: 'machine' as const };
    const built = scene()
      .machine('m1')
      .machine('m2')
      .runs('one', { m1: [0, 1, 2, 3, 4] })
      .runs('other', { m2: [0, 1, 2, 3, 4, 5] })
      .waits('r', { nodes: 2, need: { gpus: 2, group: 'g', near } })
      .build();
    expect(explained(built).missing[0]?.message).toMatch(/^0 machines have room for all 2 of its members at once\./);
  });

  it('is said for each machine type that would do', () => {
    const built = scene()
      .machine('m', { gpuModels: ['h100'] })
      .waits('r', { choices: [needOf(), needOf({ models: ['h100'] })] })
      .build();
    expect(explained(built).missing.map(({ choice, causes }) => [choice, causes[0]?.cause])).toEqual([
      [0, 'gpu-model'],
      [1, 'has-room'],
    ]);
  });
});

describe('its place', () => {
  it('is told for the project, the organization and the whole cluster', () => {
    const built = scene()
      .waits('a', { queue: 'other' })
      .waits('b', { queue: 'org/x' })
      .waits('c')
      .waits('r', { queue: 'org/x' })
      .waits('d')
      .build();
    expect(explained(built).queues.map(({ scope, position, waiting }) => [scope, position, waiting])).toEqual([
      ['project', 2, 2],
      ['organization', 3, 4],
      ['cluster', 4, 5],
    ]);
    expect(explained(built, 'a').queues.map(({ scope }) => scope)).toEqual(['organization', 'cluster']);
    expect(explained(built, 'a').queues.at(-1)?.message).toBe('It is next in the whole cluster.');
  });

  it('is in the group that it is looked at with', () => {
    const groupOf = (build: SceneBuilder) => explained(build.build()).order.group;
    expect(groupOf(scene().waits('r', { submittedAt: sceneNow - 80 * hour }))).toBe('overdue');
    expect(groupOf(scene().waits('r', { deadlineAt: sceneNow + 2 * hour + 60_000 }))).toBe('overdue');
    expect(
      groupOf(
        scene()
          .machine('m')
          .quota('org', { guaranteed: { a100: 1_000 } })
          .waits('r'),
      ),
    ).toBe('guaranteed');
    expect(
      groupOf(
        scene()
          .machine('m')
          .quota('org', { guaranteed: { a100: 1_000 } })
          .runs('a', { m: [0] })
          .waits('r'),
      ),
    ).toBe('borrowing');
    expect(explained(scene().waits('r', { rank: 2 }).build()).order).toMatchObject({
      rank: 2,
      message: expect.stringContaining('counts as 8 hours of waiting more'),
    });
  });
});

describe('its quota', () => {
  const limited = () =>
    scene()
      .machine('m')
      .quota('group', { limit: { a100: 6_000 } })
      .quota('org', { parent: 'group', guaranteed: { a100: 2_000 }, limit: { a100: 4_000 } })
      .runs('a', { m: [0, 1, 2, 3] })
      .runs('b', { m: [4] }, { queue: 'other' });

  it('is told at every node above it, and which limit is reached', () => {
    const { quotas, summary } = explained(limited().waits('r', {}, { reason: 'quota' }).build());
    expect(quotas).toMatchObject([
      {
        scope: 'organization',
        resource: 'a100',
        usedMilli: 4_000,
        askedMilli: 1_000,
        guaranteedMilli: 2_000,
        limitMilli: 4_000,
        isReached: true,
      },
      { scope: 'above', usedMilli: null, limitMilli: 6_000, isReached: false },
    ]);
    expect(quotas[0]?.message).toBe(
      'Your organization uses 4 a100, and is guaranteed 2 and limited to 4: this asks for 1 more, which is too much now.',
    );
    expect(summary).toContain('The limit of its organization is reached');
  });

  it('tells nobody what others use, nor their names', () => {
    const text = JSON.stringify(explained(limited().waits('r').waits('s', { queue: 'rival' }).build()));
    expect(text).not.toMatch(/rival|"other|"b"|"group"[^:]/);
  });
});

describe('a reservation', () => {
  it('is told with its moment and how many machines are kept', () => {
    const reserved = { at: sceneNow + hour, choice: 0, seats: [{ machine: 'm', gpus: [0] }] };
    const { reservation } = explained(scene().machine('m').waits('r', {}, { reserved }).build());
    expect(reservation).toMatchObject({ machines: 1, message: expect.stringContaining('in 60 minutes at the latest') });
  });
});

describe('what does not wait', () => {
  it('is not explained as if it did', () => {
    const built = scene()
      .machine('m')
      .runs('a', { m: [0] })
      .build();
    expect(explainWait(built, 'a', nothing)).toBeUndefined();
    expect(explainWait(built, 'nobody', nothing)).toBeUndefined();
  });
});
