import { isWaiting, said } from '../../../../test/said.ts';
import { hour, needOf, SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';

const scene = () => new SceneBuilder();

describe('of one that a limit stops', () => {
  it('which it is above by itself it is said that it never starts, and nothing of work that ends', () => {
    const built = scene()
      .machine('m')
      .quota('org', { limit: { a100: 2_000 } })
      .waits('r', { need: { gpus: 4 } });
    const { reason, summary, quotas, startUnknown } = said(built);
    expect(reason).toBe('quota');
    expect(summary).toContain('It asks for 4 a100, and its organization is limited to 2 a100: it never starts unless that limit is raised');
    expect(summary).not.toContain('ends');
    expect(quotas[0]?.message).toContain('more than it may ever have');
    expect(startUnknown).toContain('the limit is raised, or it asks for less');
  });

  it('which others of its group have reached, the limit is not said to be its own', () => {
    const built = scene()
      .machine('m')
      .quota('group', { limit: { a100: 4_000 } })
      .quota('org', { parent: 'group' })
      .quota('other', { parent: 'group' })
      .runs('a', { m: [0, 1, 2, 3] }, { queue: 'other' })
      .waits('r');
    const { summary, quotas } = said(built);
    expect(summary).toContain('The limit of the group that its organization is in is reached');
    expect(summary).not.toContain('work of its organization');
    expect(quotas).toMatchObject([
      { scope: 'above', isReached: true, message: expect.stringContaining('beside what others of it have now') },
    ]);
  });

  it.each([
    ['org', 'its organization'],
    ['org/x', 'its project'],
  ])('at %s, it starts when work of it ends', (node, whose) => {
    const built = scene()
      .machine('m')
      .quota('org', { limit: { a100: node === 'org' ? 2_000 : 8_000 } })
      .quota('org/x', { parent: 'org', limit: { a100: node === 'org' ? 8_000 : 2_000 } })
      .runs('a', { m: [0, 1] }, { queue: 'org/x' })
      .waits('r', { queue: 'org/x' });
    expect(said(built).summary).toContain(`The limit of ${whose} is reached: it can start when work of ${whose} ends`);
  });

  it('and that no machine could ever take, the machines are told first', () => {
    const limited = () =>
      scene()
        .machine('m')
        .machine('n', { gpuModels: ['t4', 't4'] })
        .quota('org', { limit: { t4: 1_000 } })
        .runs('a', { n: [0] }, { need: { models: ['t4'] } });
    const never = said(limited().waits('r', { need: { machine: 'm', models: ['t4'] } }));
    expect([never.reason, never.summary]).toEqual(['no-machine', expect.stringContaining('The machine that it is pinned to could not')]);
    expect(said(limited().waits('r', { need: { machine: 'n', models: ['t4'] } })).reason).toBe('quota');
    expect(said(limited().waits('r', { need: { machine: 'gone', models: ['t4'] } })).reason).toBe('quota');
  });

  it('whose rest is kept for one that has waited too long, it is said that others come before it', () => {
    const stopped = (): SceneBuilder =>
      scene()
        .machine('m')
        .quota('org', { limit: { a100: 4_000 } })
        .runs('a', { m: [0, 1, 2] });
    const { reason, summary } = said(
      stopped()
        .waits('old', { need: { gpus: 2 }, submittedAt: sceneNow - 80 * hour })
        .waits('r'),
    );
    expect([reason, summary]).toEqual(['quota', expect.stringContaining('goes to work that is looked at before it')]);
    expect(isWaiting(stopped().waits('r'))).toBe(false);
  });

  it('of several choices the one is told that can be had', () => {
    const built = scene()
      .machine('m')
      .machine('n', { gpuModels: ['h100'] })
      .quota('org', { limit: { a100: 500, h100: 1_000 } })
      .runs('a', { n: [0] }, { need: { models: ['h100'] } })
      .waits('r', { choices: [needOf(), needOf({ models: ['h100'] })] });
    expect(said(built).summary).toContain('The limit of its organization is reached');
  });
});

describe('of one for which there is room', () => {
  it('in islands that were promised to others, it is said so, and it is so', () => {
    const promised = (count: number): SceneBuilder =>
      scene().machine('m').promises({ org: 'other', model: 'a100', size: 8, count }).waits('r');
    const { reason, summary, missing } = said(promised(1));
    expect([reason, summary]).toEqual(['promised', expect.stringContaining('There is room, in islands that are promised to others')]);
    expect(missing[0]?.causes).toMatchObject([{ cause: 'has-room', machines: 1 }]);
    expect(isWaiting(promised(0))).toBe(false);
  });

  it('that is kept for one before it, it is said so, and of a shorter one that there is nothing to wait for', () => {
    const kept = { at: sceneNow + hour, choice: 0, seats: [{ machine: 'm', gpus: [0, 1, 2, 3, 4, 5, 6, 7] }] };
    const keptFor = (limitMs: number): SceneBuilder =>
      scene()
        .machine('m')
        .runs('a', { m: [0, 1, 2, 3] })
        .waits('large', { need: { gpus: 8 }, submittedAt: sceneNow - hour }, { reserved: kept })
        .waits('r', { limitMs });
    const { reason, summary } = said(keptFor(2 * hour));
    expect([reason, summary]).toEqual(['held-for-earlier', expect.stringContaining('it is kept for other work that waits for it')]);
    expect(isWaiting(keptFor(hour / 2))).toBe(false);
  });

  it('that others could take back, where it may be preempted no more: a guarantee of its own helps it', () => {
    const restless = (guaranteed: number): SceneBuilder =>
      scene()
        .machine('m')
        .quota('other', { guaranteed: { a100: 8_000 - guaranteed } })
        .quota('org', { guaranteed: { a100: guaranteed } })
        .waits('r', { isPreemptible: true })
        .preempted('r', 3);
    const { reason, summary } = said(restless(0));
    expect([reason, summary]).toEqual([
      'solid-ground',
      expect.stringContaining('It may be preempted no more, and waits for room that nobody can'),
    ]);
    expect(isWaiting(restless(1_000))).toBe(false);
  });

  it('and whose last attempt failed, it is said that the next one follows', () => {
    const { reason, summary } = said(scene().machine('m').waits('r').failed('r'));
    expect([reason, summary]).toEqual(['retry-later', expect.stringContaining('the next one follows in a moment')]);
  });

  it('but not for all of its members at once, it is not said that every machine is busy', () => {
    const gang = scene()
      .machine('m')
      .machine('n')
      .runs('a', { m: [0] })
      .waits('r', { nodes: 2, need: { gpus: 8 } });
    const { reason, summary } = said(gang);
    expect([reason, summary]).toEqual(['all-busy', expect.stringContaining('too little room for all of them at once')]);
  });
});
