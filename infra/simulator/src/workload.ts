import { CopyNames } from './copies.ts';
import type { Job } from './course/course.ts';
import type { Chance } from './draw.ts';
import type { TimedPod } from './openb.ts';

export interface Dealing {
  /** Deal the requests out to so many organizations; null: their own, or their class of service. */
  readonly orgs: number | null;
  readonly limitFactor: number;
  readonly speed: number;
  /** How often each request comes; of 1.3, three in ten come twice. */
  readonly inflate: number;
}

/** Classes of service of the trace, and Kubernetes' names for the same; whoever has none is normal. */
const classes: Readonly<Record<string, { readonly rank: number; readonly isPreemptible: boolean }>> = {
  ls: { rank: 1, isPreemptible: false },
  guaranteed: { rank: 1, isPreemptible: false },
  burstable: { rank: 0, isPreemptible: false },
  be: { rank: -1, isPreemptible: true },
  besteffort: { rank: -1, isPreemptible: true },
};
const normal = { rank: 0, isPreemptible: false };

/** One of so many, the k-th with a weight of 1/k: in every cluster a few have most of the requests. */
export const zipf = (count: number): ((chance: Chance) => number) => {
  const sums: number[] = [];
  for (let place = 1; place <= count; place += 1) sums.push((sums.at(-1) ?? 0) + 1 / place);
  return ({ share }) => {
    const at = share() * (sums.at(-1) ?? 0);
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
};

export const orgName = (index: number): string => `org-${index + 1}`;

/** A queue is named in paths: what would read as a path does not. */
const queueOf = ({ org, qos }: TimedPod): string => (org || qos || 'all').toLowerCase().replaceAll('/', '-');

const copiesOf = (inflate: number, { share }: Chance): number => Math.floor(inflate) + Number(share() < inflate % 1);

/** The requests of a list, in milliseconds from its first arrival. */
export const jobsOf = (pods: readonly TimedPod[], { orgs, limitFactor, speed, inflate }: Dealing, chance: Chance): readonly Job[] => {
  const deal = zipf(orgs ?? 1);
  const names = new CopyNames(pods.map(({ name }) => name));
  const from = pods[0]?.createdAt ?? 0;
  return pods.flatMap((pod) => {
    const { name, qos, createdAt, ranSeconds, cpuMilli, memoryMib, gpus, gpuMilli, models } = pod;
    const queue = orgs === null ? queueOf(pod) : orgName(deal(chance));
    const runMs = Math.round(1_000 * ranSeconds);
    const job = {
      queue,
      ask: { nodes: 1, choices: [{ cpuMilli, memoryMib, gpus, gpuMilli, models }] },
      ...(classes[qos.toLowerCase()] ?? normal),
      runMs,
      limitMs: Math.max(1_000, Math.ceil(limitFactor * runMs)),
      deadlineAt: null,
      calledOffAt: null,
      submittedAt: Math.round((1_000 * (createdAt - from)) / speed),
    };
    return Array.from({ length: copiesOf(inflate, chance) }, () => ({ ...job, id: names.next(name) }));
  });
};
