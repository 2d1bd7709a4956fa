import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpuMilliOf, type MachineSize, type PolicyName, policyNames } from '@orrery/execution/scheduling';
import fc from 'fast-check';
import { simulate } from './command.ts';
import { chanceOf, drawn } from './draw.ts';
import { type Pod, readNodes, readPods } from './openb.ts';
import { allGpus, type PlacementRow, replay } from './replay.ts';

const nodesText = 'sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\nn1,96000,393216,8,G2\nn2,32000,65536,0,\n';
const podsText = [
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos',
  'a,12000,16384,1,1000,,LS',
  'b,6000,12288,1,460,P100|V100,LS',
  'c,8000,1024,4,1000,G2,BE',
  'd,2000,1024,0,0,,BE',
].join('\n');

const nodes = readNodes(nodesText, 'nodes.csv');
const pods = readPods(podsText, 'pods.csv');

const run = (policy: PolicyName, seed: number, inflate = 1.3) => {
  const chance = chanceOf(seed);
  const arrivals = drawn(pods, allGpus(nodes), inflate, chance);
  const rows: PlacementRow[] = [];
  const outcome = replay({ nodes, arrivals, policy, random: chance.share, now: () => 0, onRow: (row) => rows.push(row) });
  return { arrivals, rows, outcome };
};

interface Account extends MachineSize {
  cpuLeft: number;
  memoryLeft: number;
  readonly gpusLeft: number[];
}

const faultsOfOne = (machine: Account, pod: Pod, gpus: readonly number[]): readonly string[] => {
  const faults: string[] = [];
  machine.cpuLeft -= pod.cpuMilli;
  machine.memoryLeft -= pod.memoryMib;
  if (machine.cpuLeft < 0 || machine.memoryLeft < 0) faults.push(`${pod.name}: ${machine.id} has too little CPU or memory`);
  if (new Set(gpus).size !== pod.gpus) faults.push(`${pod.name}: ${gpus.length} GPUs of ${pod.gpus}`);
  for (const gpu of gpus) {
    machine.gpusLeft[gpu] = (machine.gpusLeft[gpu] ?? 0) - pod.gpuMilli;
    if ((machine.gpusLeft[gpu] ?? -1) < 0) faults.push(`${pod.name}: GPU ${gpu} of ${machine.id} is given away twice`);
    if (pod.models && !pod.models.includes(machine.gpuModels[gpu] ?? '')) faults.push(`${pod.name}: the wrong model`);
  }
  return faults;
};

/** Adds up what the rows say, on its own, and complains of whatever is given away twice or to whom it does not suit. */
const faultsOf = (machines: readonly MachineSize[], arrivals: readonly Pod[], rows: readonly PlacementRow[]): readonly string[] => {
  const accounts = new Map<string, Account>();
  for (const size of machines) {
    const gpusLeft = size.gpuModels.map(() => 1_000);
    accounts.set(size.id, { ...size, cpuLeft: size.cpuMilli, memoryLeft: size.memoryMib, gpusLeft });
  }
  return rows.flatMap((row, index) => {
    const pod = arrivals[index];
    if (row.pod !== pod?.name) return [`row ${index} is of ${row.pod}`];
    if (row.node === null) return [];
    const machine = accounts.get(row.node);
    return machine ? faultsOfOne(machine, pod, row.gpus) : [`${row.pod}: no machine ${row.node}`];
  });
};

describe('A simulation', () => {
  it('places nothing that a checker of its own objects to, under any policy', () => {
    fc.assert(
      fc.property(fc.constantFrom(...policyNames), fc.nat(1_000), fc.constantFrom(0.5, 1.3, 3), (policy, seed, inflate) => {
        const { arrivals, rows, outcome } = run(policy, seed, inflate);
        expect(faultsOf(nodes, arrivals, rows)).toEqual([]);
        const placed = arrivals.filter((_, index) => rows[index]?.node !== null);
        const milli = placed.reduce((sum, pod) => sum + gpuMilliOf(pod), 0);
        expect(outcome.allocatedPercent).toBeCloseTo((100 * milli) / (1_000 * allGpus(nodes)), 9);
        expect(outcome.placed).toBe(placed.length);
      }),
    );
  });

  it('gives the same with the same seed, and another order with another', () => {
    expect(run('fgd', 42)).toEqual(run('fgd', 42));
    expect(run('fgd', 42).arrivals).not.toEqual(run('fgd', 43).arrivals);
  });

  it('asks for as many GPUs as it was told to, and tells copies apart', () => {
    const { arrivals } = run('fgd', 1, 5);
    const asked = arrivals.reduce((sum, pod) => sum + gpuMilliOf(pod), 0);
    expect(asked).toBeGreaterThanOrEqual(5 * 1_000 * allGpus(nodes));
    expect(new Set(arrivals.map(({ name }) => name)).size).toBe(arrivals.length);
    expect(arrivals.some(({ name }) => /^[a-d]#1$/.test(name))).toBe(true);
  });

  it('draws a curve of what was allocated at each percent that arrived', () => {
    const { curve, allocatedPercent } = run('fgd', 1, 2).outcome;
    expect(curve.at(-1)?.allocatedPercent).toBe(allocatedPercent);
    for (const [index, { arrivedPercent }] of curve.entries())
      expect(arrivedPercent).toBeGreaterThan(curve[index - 1]?.arrivedPercent ?? -1);
  });
});

describe('Its files', () => {
  it('are refused with the line and the column that is wrong', () => {
    expect(() => readNodes('sn,cpu_milli,memory_mib,gpu,model\nn0,many,1,1,A\n', 'n.csv')).toThrow(/^n\.csv, line 2, column cpu_milli: /);
    expect(() => readNodes('sn,cpu_milli\nn0,1\n', 'n.csv')).toThrow(/^n\.csv, line 2, column memory_mib: /);
    expect(() => readNodes('sn,cpu_milli,memory_mib,gpu,model\n', 'n.csv')).toThrow('n.csv has no rows');
    expect(() => readNodes(`${nodesText}n0,1,1,1,A\n`, 'n.csv')).toThrow('n.csv has "n0" twice');
    const shareOfNothing = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,1,0\n';
    expect(() => readPods(shareOfNothing, 'p.csv')).toThrow('p.csv, line 2, column gpu_milli: expected 1 to 1000 where num_gpu is 1');
    expect(() => readPods('name,"cpu\na', 'p.csv')).toThrow(/^p\.csv cannot be read as CSV: /);
  });
});

describe('The command', () => {
  let dir: string;
  const file = (name: string): string => join(dir, name);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'simulate-'));
    writeFileSync(file('nodes.csv'), nodesText);
    writeFileSync(file('pods.csv'), podsText);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const files = (): string[] => ['--nodes', file('nodes.csv'), '--pods', file('pods.csv')];

  it('prints a table, or JSON, of one seed or of several', () => {
    expect(simulate([...files(), '--seed', '42-44'])).toMatch(
      /^fgd: 10 GPUs on 3 nodes.*\n\nseed[\s\S]*\n +42 [\s\S]*\n +44 [\s\S]*\nmean /,
    );
    const report = JSON.parse(simulate([...files(), '--json', '--policy', 'pack']));
    expect(report).toMatchObject({ policy: 'pack', gpus: 10, nodes: 3, seeds: [{ seed: 42, curve: expect.any(Array) }] });
  });

  it('makes up a cluster and its requests, the same with the same seed', () => {
    const report = JSON.parse(simulate(['--gpus', '100', '--json']));
    const again = JSON.parse(simulate(['--gpus', '100', '--json']));
    expect(report.gpus).toBeGreaterThanOrEqual(100);
    expect(report.meanAllocatedPercent).toBeGreaterThan(50);
    expect(again.seeds[0].curve).toEqual(report.seeds[0].curve);
  });

  it('writes a row for every request, in the order of their arrival', () => {
    simulate([...files(), '--placements', file('rows.ndjson')]);
    const rows = readFileSync(file('rows.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toEqual(run('fgd', 42).rows);
  });

  it('says what it does not understand', () => {
    for (const [args, says] of [
      [['--pods', 'x'], '--nodes is missing'],
      [[...files(), '--policy', 'best'], '--policy best: expected one of fgd, best-fit, pack, spread, random'],
      [[...files(), '--inflate', '0'], '--inflate 0: expected a number above 0'],
      [[...files(), '--seed', '5-4'], '--seed 5-4: expected a number, or a range'],
      [[...files(), '--seed', '1-2', '--placements', 'x'], '--placements goes with one seed'],
      [[...files(), '--nodes', file('none.csv')], `--nodes ${file('none.csv')} cannot be read`],
      [['--gpus', '0'], '--gpus 0: expected a number from 1 to 100000'],
      [[...files(), '--gpus', '5'], '--gpus makes up a cluster'],
      [['--strange'], "Unknown option '--strange'"],
    ] as const) {
      expect(() => simulate(args)).toThrow(says);
    }
  });
});
