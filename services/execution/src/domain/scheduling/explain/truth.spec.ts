import { said } from '../../../../test/said.ts';
import { hour, needOf, SceneBuilder, sceneNow } from '../../../../test/scene-builder.ts';

const scene = () => new SceneBuilder();

const near = (scope: 'machine' | 'rack' = 'machine') => ({ near: { group: 'g', scope } });
const apart = (scope: 'machine' | 'rack' = 'machine') => ({ apart: { group: 'g', scope } });

describe('of one that is pinned to a machine', () => {
  const pinned = { need: { machine: 'm', gpus: 1 } };

  it('that has no such GPU it is said so, whatever else there is, and whether or not it is open', () => {
    for (const away of [undefined, 'cordoned'] as const) {
      const built = scene()
        .machine('m', { gpuModels: ['h100'] }, away ? { away } : {})
        .machine('other')
        .waits('r', pinned);
      const { reason, summary, missing } = said(built);
      expect(reason).toBe('no-machine');
      expect(summary).toContain('The machine that it is pinned to could not take it');
      expect(missing[0]?.message).toBe('The machine that it is pinned to, m, has no such GPUs, or too few: nothing else will do.');
    }
  });

  it('that is busy it is said to be busy', () => {
    const built = scene()
      .machine('m', { gpuModels: ['a100'] })
      .machine('other')
      .runs('a', { m: [0] })
      .waits('r', pinned);
    expect(said(built)).toMatchObject({ reason: 'all-busy', missing: [{ message: expect.stringContaining('m, has too few free GPUs') }] });
  });

  it.each(['cordoned', 'lost'] as const)('that is %s it is said so', (away) => {
    const { reason, missing } = said(scene().machine('m', {}, { away }).machine('other').waits('r', pinned));
    expect([reason, missing[0]?.causes.find(({ cause }) => cause !== 'pinned-elsewhere')?.cause]).toEqual(['machine-away', away]);
  });
});

describe('of one that is to be near to others', () => {
  it('which have no machine it is not said that all are busy', () => {
    const { reason, summary } = said(scene().machine('m').waits('r', { need: near() }));
    expect(reason).toBe('group');
    expect(summary).toContain('of which none has a machine now: it starts once one has');
    expect(summary).not.toContain('busy');
  });

  it('whose machines could never take it, it is said so', () => {
    const built = scene()
      .machine('m', { gpuModels: ['h100'] })
      .machine('other')
      .runs('a', { m: [0] }, { need: { group: 'g', models: ['h100'] } })
      .waits('r', { need: near() });
    expect(said(built)).toMatchObject({ reason: 'group', summary: expect.stringContaining('no machine near to these could take it') });
  });

  it('whose machines are full, it is said that they are busy', () => {
    const built = scene()
      .machine('m', { gpuModels: ['a100'] })
      .machine('other')
      .runs('a', { m: [0] }, { need: { group: 'g' } })
      .waits('r', { need: near() });
    expect(said(built).reason).toBe('all-busy');
  });
});

describe('of a gang that is to be in one rack', () => {
  const gang = { nodes: 2, need: { gpus: 8, group: 'g', ...near('rack') } };

  it('where no machine has a rack it is said so, and not that there are too few machines', () => {
    const { reason, summary, startUnknown } = said(scene().machine('m').machine('n').waits('r', gang));
    expect(reason).toBe('group');
    expect(summary).toContain('no rack that is known has machines enough');
    expect(summary).toContain('an operator says of machines which racks they are in');
    expect(startUnknown).not.toContain('machines are added that could take it');
  });

  it('where there are too few machines, racks or not, that is what is said', () => {
    expect(said(scene().machine('m').waits('r', gang)).reason).toBe('no-machine');
  });

  it('or of each in a rack of its own, where there is one rack, neither is said to be short of machines', () => {
    const spread = { nodes: 2, need: { gpus: 8, group: 'g', ...apart('rack') } };
    const { reason, summary } = said(scene().machine('m', { rack: 'x' }).machine('n', { rack: 'x' }).waits('r', spread));
    expect([reason, summary]).toEqual(['group', expect.stringContaining('too few racks have machines')]);
  });
});

describe('of one that is to be apart from others', () => {
  it('which are everywhere it is not said that all are busy', () => {
    const built = scene()
      .machine('m')
      .runs('a', { m: [0] }, { need: { group: 'g' } })
      .waits('r', { need: apart() });
    const { reason, summary } = said(built);
    expect(reason).toBe('group');
    expect(summary).toContain('these are on, or beside, every machine that could take it');
  });

  it('in whose rack every machine is, neither', () => {
    const built = scene()
      .machine('m', { rack: 'x' })
      .machine('other', { rack: 'x' })
      .runs('a', { m: [0] }, { need: { group: 'g' } })
      .waits('r', { need: apart('rack') });
    expect(said(built).reason).toBe('group');
  });
});

describe('of one whose machines take nothing', () => {
  it.each([
    ['cordoned', '1 machine is cordoned'],
    ['lost', '1 machine is offline'],
  ] as const)('because they are %s it is said so, and who can help', (away, which) => {
    const built = scene()
      .machine('m', {}, { away })
      .machine('small', { gpuModels: ['h100'] }, { away })
      .waits('r');
    const { reason, summary, startUnknown } = said(built);
    expect(reason).toBe('closed');
    expect(summary).toContain(`${which}. An operator can put them back to work.`);
    expect(startUnknown).toContain('put back to work');
  });

  it('because their GPUs are broken it is said so', () => {
    const built = scene()
      .machine('m', { gpuModels: ['a100'] }, { closedGpus: [0] })
      .waits('r');
    expect(said(built)).toMatchObject({ reason: 'closed', summary: expect.stringContaining('1 machine has faulty GPUs') });
  });

  it('it is said that none could take it where none could, open or not', () => {
    const built = scene()
      .machine('m', { gpuModels: ['h100'] }, { away: 'cordoned' })
      .waits('r');
    expect(said(built)).toMatchObject({ reason: 'no-machine', missing: [{ causes: [{ cause: 'gpu-model', machines: 1 }] }] });
  });

  it('the choice that is nearest to a machine is told', () => {
    const built = scene()
      .machine('m', {}, { away: 'cordoned' })
      .machine('n', { gpuModels: ['h100'] })
      .runs('a', { n: [0] }, { need: { models: ['h100'] } })
      .waits('r', { choices: [needOf(), needOf({ models: ['h100'] })] });
    expect(said(built).reason).toBe('all-busy');
  });
});

describe('of who goes first', () => {
  const order = (builder: SceneBuilder): string => said(builder).order.message;
  const full = () =>
    scene()
      .machine('m', { gpuModels: ['a100'] })
      .runs('a', { m: [0] }, { queue: 'other' });

  it('nothing is borrowed where nothing is guaranteed to anybody', () => {
    expect(order(full().waits('r'))).toMatch(/^Nothing is guaranteed to anybody/);
    expect(
      order(
        full()
          .quota('third', { guaranteed: { a100: 1_000 } })
          .waits('r'),
      ),
    ).toMatch(/^It would have more than is guaranteed to it/);
  });

  it('what is guaranteed to a group above is not said to be its organization’s', () => {
    const built = full()
      .quota('group', { guaranteed: { a100: 1_000 } })
      .quota('org', { parent: 'group' })
      .waits('r');
    expect(order(built)).toContain('or a group above it is guaranteed');
  });
});

describe('of those that others make way for', () => {
  it('only the one that was told a moment is said to have room made for it', () => {
    const kept = { at: sceneNow + 30_000, choice: 0, seats: [{ machine: 'm', gpus: [0] }] };
    const builder = scene()
      .machine('m', { gpuModels: ['a100'] })
      .runs('a', { m: [0] }, { isPreemptible: true, queue: 'other', limitMs: 9 * hour })
      .waits('r', { submittedAt: sceneNow - 2 * hour }, { reserved: kept })
      .waits('s', { submittedAt: sceneNow - hour })
      .makesWay('a');
    const reasons = builder.decided().waits.map(({ request, reason }) => [request, reason]);
    expect(reasons).toEqual([
      ['r', 'preempting'],
      ['s', 'all-busy'],
    ]);
    expect(said(builder).summary).toContain('Other work has been told to make room for it.');
  });
});
