import { Fleet, gpuMilliOf, type MachineSize, Placer, type PolicyName, policyOf } from '@orrery/execution/scheduling';
import type { Pod } from './openb.ts';

/** What became of one request, as `--placements` writes it. */
export type PlacementRow =
  | { readonly pod: string; readonly node: string; readonly gpus: readonly number[]; readonly gpu_milli: number }
  | { readonly pod: string; readonly node: null };

export interface CurvePoint {
  /** GPUs asked for so far, in percent of all GPUs: 1, 2, 3 … */
  readonly arrivedPercent: number;
  readonly allocatedPercent: number;
  readonly fragmentedPercent: number;
}

export interface Outcome {
  readonly arrived: number;
  readonly placed: number;
  /** In percent of all GPUs. */
  readonly allocatedPercent: number;
  /** What a request of the mix could not use of what is free, on average, in percent of all GPUs. */
  readonly fragmentedPercent: number;
  /** A point for each percent that arrived. */
  readonly curve: readonly CurvePoint[];
  readonly decisionMs: readonly number[];
}

export interface Replay {
  readonly nodes: readonly MachineSize[];
  /** In the order of their arrival. */
  readonly arrivals: readonly Pod[];
  readonly policy: PolicyName;
  readonly random: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly onRow?: (row: PlacementRow) => void;
}

export const allGpus = (nodes: readonly MachineSize[]): number => nodes.reduce((sum, { gpuModels }) => sum + gpuModels.length, 0);

/** Requests arrive one by one and never leave; one that fits nowhere is passed over. */
export const replay = ({ nodes, arrivals, policy, random, now, onRow }: Replay): Outcome => {
  const fleet = new Fleet();
  for (const node of nodes) fleet.add(node);
  const placer = new Placer(fleet, policyOf(policy, random));
  const percentOf = (milli: number): number => (100 * milli) / (1_000 * allGpus(nodes));
  const curve: CurvePoint[] = [];
  const decisionMs: number[] = [];
  let [asked, allocated, placed] = [0, 0, 0];
  for (const pod of arrivals) {
    const began = now();
    placer.note(pod);
    const found = placer.find(pod);
    decisionMs.push(now() - began);
    if (found) {
      fleet.take(found.place, pod, found.gpus);
      allocated += gpuMilliOf(pod);
      placed += 1;
    }
    onRow?.(found ? { pod: pod.name, node: found.place.id, gpus: found.gpus, gpu_milli: pod.gpuMilli } : { pod: pod.name, node: null });
    asked += gpuMilliOf(pod);
    if (percentOf(asked) < curve.length + 1) continue;
    const point = { allocatedPercent: percentOf(allocated), fragmentedPercent: percentOf(placer.fragmentedMilli()) };
    // One request may be worth several percent of a small cluster: each has its point.
    while (curve.length + 1 <= percentOf(asked)) curve.push({ arrivedPercent: curve.length + 1, ...point });
  }
  const fragmentedPercent = percentOf(placer.fragmentedMilli());
  return { arrived: arrivals.length, placed, allocatedPercent: percentOf(allocated), fragmentedPercent, curve, decisionMs };
};
