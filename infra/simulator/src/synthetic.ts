import { gpuMilliOf } from '@orrery/execution/scheduling';
import type { Job } from './course/course.ts';
import type { Chance } from './draw.ts';
import { requestOf } from './generate.ts';
import { orgName, zipf } from './workload.ts';

export interface MadeUpLoad {
  readonly requests: number;
  readonly queues: number;
  /** Of the cluster. */
  readonly gpus: number;
  /** What is asked for, in times of what the cluster could do in the same time. */
  readonly load: number;
}

const second = 1_000;
const day = 86_400 * second;

/** Median and spread of run times: most take minutes, a few days, as in published traces of GPU clusters. */
const medianRunMs = 600 * second;
const spread = 1.5;
const longestRunMs = 7 * day;

/** Box and Muller, Annals of Mathematical Statistics 29, 1958. */
const normal = ({ share }: Chance): number => Math.sqrt(-2 * Math.log(1 - share())) * Math.cos(2 * Math.PI * share());

const runMsOf = (chance: Chance): number =>
  Math.round(Math.min(longestRunMs, Math.max(second, medianRunMs * Math.exp(spread * normal(chance)))));

/** One in ten is urgent, three in ten are preemptible. */
const classOf = ({ below }: Chance): Pick<Job, 'rank' | 'isPreemptible'> => {
  const at = below(10);
  return { rank: at === 0 ? 1 : at > 6 ? -1 : 0, isPreemptible: at > 6 };
};

/** Of those that ask for eight GPUs, one in four is a gang of two machines, one in ten of four. */
const nodesOf = (gpus: number, { below }: Chance): number => {
  if (gpus < 8) return 1;
  const at = below(20);
  return at < 2 ? 4 : at < 7 ? 2 : 1;
};

/** Requests that all wait already: those of the first moment of a restart. */
export const waitingOf = (requests: number, queues: number, chance: Chance): readonly Job[] => {
  const deal = zipf(queues);
  return Array.from({ length: requests }, (_, index) => {
    const { name, ...need } = requestOf(`request-${index}`, chance);
    const runMs = runMsOf(chance);
    return {
      id: name,
      queue: orgName(deal(chance)),
      ask: { nodes: nodesOf(need.gpus, chance), choices: [need] },
      ...classOf(chance),
      runMs,
      limitMs: Math.ceil(runMs * (1 + 3 * chance.share())),
      deadlineAt: null,
      calledOffAt: null,
      submittedAt: index,
    };
  });
};

/** The same as a Poisson process that offers so much load. */
export const arrivalsOf = ({ requests, queues, gpus, load }: MadeUpLoad, chance: Chance): readonly Job[] => {
  const jobs = waitingOf(requests, queues, chance);
  const asked = jobs.reduce(
    (sum, { ask, runMs }) => sum + ask.choices.reduce((_, need) => ask.nodes * gpuMilliOf(need), 0) * (runMs ?? 0),
    0,
  );
  const meanGapMs = asked / jobs.length / (1_000 * gpus * load);
  let at = 0;
  return jobs.map((job) => {
    at += -Math.log(1 - chance.share()) * meanGapMs;
    return { ...job, submittedAt: Math.round(at) };
  });
};
