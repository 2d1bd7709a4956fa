import { gpuMilliOf, type MachineSize, type PolicyName, policyNames } from '@orrery/execution/scheduling';
import fc from 'fast-check';
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

  it('does so with any list: only shares, only whole machines, rare models, no GPUs at all', () => {
    const pod = fc.record({
      cpu_milli: fc.integer({ min: 0, max: 40_000 }),
      memory_mib: fc.integer({ min: 0, max: 100_000 }),
      num_gpu: fc.constantFrom(0, 1, 2, 8),
      gpu_milli: fc.constantFrom(1, 250, 333, 1_000),
      gpu_spec: fc.constantFrom('', 'P100', 'G2|P100', 'T4', 'V100|G2'),
    });
    const columns = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli', 'gpu_spec'] as const;
    fc.assert(
      fc.property(fc.array(pod, { minLength: 1, maxLength: 12 }), fc.constantFrom(...policyNames), fc.nat(100), (list, policy, seed) => {
        const lines = list.map((each, index) => columns.map((column) => (column === 'name' ? `p${index}` : each[column])).join());
        const chance = chanceOf(seed);
        const arrivals = drawn(readPods([columns.join(), ...lines].join('\n'), 'pods.csv'), allGpus(nodes), 1.3, chance);
        const rows: PlacementRow[] = [];
        replay({ nodes, arrivals, policy, random: chance.share, now: () => 0, onRow: (row) => rows.push(row) });
        expect(rows).toHaveLength(arrivals.length);
        expect(faultsOf(nodes, arrivals, rows)).toEqual([]);
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
    expect(curve.map(({ arrivedPercent }) => arrivedPercent)).toEqual(Array.from({ length: curve.length }, (_, index) => index + 1));
    expect(curve.length).toBeGreaterThanOrEqual(200);
  });
});
