import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from './command.ts';

const nodesText = 'sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\nn1,96000,393216,8,G2\nn2,32000,65536,0,\n';
const podsText = [
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time,scheduled_time',
  'a,12000,16384,1,1000,,LS,0,100,0',
  'b,6000,12288,1,460,P100|V100,LS,10,50,20',
  'c,8000,1024,8,1000,G2,BE,20,80,',
  'd,8000,1024,8,1000,G2,LS,30,130,',
  'e,2000,1024,0,0,,BE,40,60,',
].join('\n');

describe('The command', () => {
  let dir: string;
  let quotaFiles = 0;
  const file = (name: string): string => join(dir, name);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'simulate-'));
    writeFileSync(file('nodes.csv'), nodesText);
    writeFileSync(file('pods.csv'), podsText);
    writeFileSync(file('none.csv'), 'sn,cpu_milli,memory_mib,gpu,model\nn2,32000,65536,0,\n');
    mkdirSync(file('folder.svg'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const files = (): string[] => ['--nodes', file('nodes.csv'), '--pods', file('pods.csv')];
  const quotas = (text: string): string[] => {
    quotaFiles += 1;
    const name = file(`quotas-${quotaFiles}.yaml`);
    writeFileSync(name, text);
    return ['--timed', ...files(), '--quotas', name];
  };

  it('prints a table, or JSON, of one seed or of several', () => {
    expect(simulate([...files(), '--seed', '42-44'])).toMatch(/^fgd: 10 GPUs on 3 nodes.*\n\nseed[\s\S]*\n42 [\s\S]*\n44 [\s\S]*\nmean /);
    const report = JSON.parse(simulate([...files(), '--json', '--policy', 'pack']));
    expect(report).toMatchObject({ policy: 'pack', gpus: 10, nodes: 3, seeds: [{ seed: 42, curve: expect.any(Array) }] });
  });

  it('compares policies that are given the same arrivals', () => {
    const { policies } = JSON.parse(simulate([...files(), '--json', '--policy', 'fgd,random']));
    expect(policies).toMatchObject([{ policy: 'fgd' }, { policy: 'random' }]);
    expect(policies[0].seeds[0].arrived).toBe(policies[1].seeds[0].arrived);
  });

  it('makes up a cluster and its requests, the same with the same seed', () => {
    const report = JSON.parse(simulate(['--gpus', '100', '--json']));
    const again = JSON.parse(simulate(['--gpus', '100', '--json']));
    expect(report.gpus).toBeGreaterThanOrEqual(100);
    expect(report.meanAllocatedPercent).toBeGreaterThan(50);
    expect(again.seeds[0].curve).toEqual(report.seeds[0].curve);
  });

  it('writes a row for every request, in the order of their arrival', () => {
    simulate([...files(), '--inflate', '3', '--placements', file('rows.ndjson')]);
    const rows = readFileSync(file('rows.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { seeds } = JSON.parse(simulate([...files(), '--inflate', '3', '--json']));
    expect(rows).toHaveLength(seeds[0].arrived);
    expect(rows.filter(({ node }) => node !== null)).toHaveLength(seeds[0].placed);
    expect(rows.find(({ pod }) => pod === 'b')).toEqual({ pod: 'b', node: 'n0', gpus: [expect.any(Number)], gpu_milli: 460 });
  });

  it('replays a list in its own time, and draws it', () => {
    const report = JSON.parse(simulate(['--timed', ...files(), '--json', '--chart', file('timed.svg')]));
    expect(report).toMatchObject({ gpus: 10, requests: 5, courses: [{ name: 'fgd', all: { requests: 5, neverStarted: 0 } }] });
    expect(readFileSync(file('timed.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(simulate(['--timed', ...files()])).toContain('organization');
  });

  it('measures a long queue, and a scheduler that was restored in the midst of it', () => {
    const report = JSON.parse(simulate(['--gpus', '16', '--requests', '60', '--queues', '5', '--json']));
    expect(report).toMatchObject({
      requests: 60,
      queues: 5,
      isRestoredEqual: true,
      filling: { decisions: expect.any(Number), rounds: { count: expect.any(Number) } },
    });
    expect(report.filling.rounds.count).toBeLessThan(report.filling.decisions);
    expect(report.filling.rounds.maxUs).toBeGreaterThanOrEqual(report.filling.maxUs);
    expect(report.turnover.decisions).toBeGreaterThan(60);
    expect(simulate(['--gpus', '16', '--requests', '20'])).toContain('the restored scheduler decides the same');
  });

  it('explains every option in one line', () => {
    const lines = simulate(['--help']).split('\n');
    for (const option of [
      'nodes',
      'pods',
      'gpus',
      'requests',
      'queues',
      'minutes',
      'timed',
      'history',
      'policy',
      'inflate',
      'speed',
      'orgs',
      'quotas',
    ])
      expect(lines.filter((line) => line.startsWith(`  --${option} `))).toHaveLength(1);
    expect(simulate(['-h', '--policy', 'best'])).toContain('--policy NAME');
  });

  it('says in one line what is wrong with what it was told', () => {
    for (const [args, says] of [
      [['--pods', 'x'], '--nodes is missing: the file with the machines'],
      [['--nodes', 'x'], '--pods is missing: the file with the requests'],
      [[], '--nodes is missing'],
      [[...files(), '--policy', 'best'], '--policy best: expected one of fgd, best-fit, pack, spread, random'],
      [[...files(), '--policy', ''], '--policy : expected one of'],
      [[...files(), '--inflate', '0'], '--inflate 0: expected a number from 0.001 to 100'],
      [[...files(), '--inflate', '-1'], '--inflate -1: expected a number from 0.001 to 100'],
      [[...files(), '--inflate', 'NaN'], '--inflate NaN: expected a number'],
      [[...files(), '--seed', '5-4'], '--seed 5-4: expected a number, or a range'],
      [[...files(), '--seed', '1-2', '--placements', 'x'], '--placements goes with one seed and one policy'],
      [[...files(), '--policy', 'fgd,pack', '--placements', 'x'], '--placements goes with one seed and one policy'],
      [[...files(), '--nodes', file('absent.csv')], `--nodes ${file('absent.csv')} cannot be read: ENOENT`],
      [[...files(), '--pods', dir], `--pods ${dir} cannot be read: EISDIR`],
      [[...files(), '--nodes', file('none.csv')], 'no machine has a GPU; column gpu says how many'],
      [[...files(), '--placements', file('no/rows')], `--placements ${file('no/rows')} cannot be written: ENOENT`],
      [[...files(), '--chart', file('folder.svg')], `--chart ${file('folder.svg')} cannot be written: EISDIR`],
      [[...files(), '--chart', 'chart.png'], '--chart chart.png: the name of the file must end in .svg'],
      [[...files(), 'more'], "Unexpected argument 'more'"],
      [['--gpus', '0'], '--gpus 0: expected a whole number from 1 to 100000'],
      [['--gpus', '1.5'], '--gpus 1.5: expected a whole number'],
      [['--gpus', '10', '--requests', '1000001'], '--requests 1000001: expected a whole number from 1 to 1000000'],
      [['--requests', '10'], '--gpus is missing'],
      [['--gpus', '10', '--requests', '10', '--queues', '0'], '--queues 0: expected a whole number from 1 to 10000'],
      [['--gpus', '10', '--requests', '10', '--policy', 'fgd,pack'], '--policy fgd,pack: expected one policy'],
      [['--gpus', '10', '--requests', '10', '--minutes', '0'], '--minutes 0: expected a number from 0.1 to 1000'],
      [['--gpus', '10', '--minutes', '5'], '--minutes does not go with a placement'],
      [['--gpus', '10', '--requests', '10', '--inflate', '2'], '--inflate does not go with --requests without --timed'],
      [[...files(), '--gpus', '5'], '--gpus makes up a cluster'],
      [[...files(), '--speed', '2'], '--speed does not go with a placement of requests that never leave: leave it out. It is for --timed'],
      [[...files(), '--quotas', 'x'], '--quotas does not go with a placement'],
      [['--timed', ...files(), '--placements', 'x'], '--placements does not go with --timed: leave it out'],
      [['--timed', ...files(), '--seed', '1-2'], '--seed 1-2: expected one number'],
      [['--timed', ...files(), '--limit-factor', '0.5'], '--limit-factor 0.5: expected a number from 1'],
      [['--timed', ...files(), '--orgs', '0'], '--orgs 0: expected a whole number from 1'],
      [['--history', 'x', '--timed'], '--timed does not go with --history: leave it out'],
      [['--history', 'x', ...files()], '--nodes does not go with --history'],
      [['--strange'], "Unknown option '--strange'; `npm run simulate -- --help` lists all options"],
      [['--nodes'], "Option '--nodes <value>' argument missing"],
      [quotas('- {id: a, weight: 0}'), '0.weight: '],
      [quotas('- {id: a, limits: {g2: 1}}'), 'Unrecognized key: "limits". Expected a list like `- {id: research'],
      [quotas('a: ['), 'neither YAML nor JSON: '],
      [quotas('{}'), 'items: '],
      [quotas('5'), 'the whole: '],
      [quotas('[{id: a}, {id: a}]'), '"a" stands there twice'],
      [quotas('[{id: a, parent: b}]'), 'the parent "b" of "a" is not in the list'],
      [quotas('[{id: a, parent: b}, {id: b, parent: a}]'), '"a" is above itself'],
      [['--timed', ...files(), '--quotas', file('absent.yaml')], `--quotas ${file('absent.yaml')} cannot be read`],
    ] as const) {
      const said = refusalOf(args);
      expect(said).toContain(says);
      expect(said).not.toContain('\n');
    }
  });
});

const refusalOf = (args: readonly string[]): string => {
  try {
    simulate(args);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputProblem') return error.message;
    throw error;
  }
  return 'nothing was wrong';
};
