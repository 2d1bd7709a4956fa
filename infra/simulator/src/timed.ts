import type { MachineSize } from '@orrery/execution/scheduling';
import { courseChart } from './chart/course-chart.ts';
import type { Job } from './course/course.ts';
import { play } from './course/play.ts';
import { coursesTable } from './course/print.ts';
import { courseReport } from './course/report.ts';
import { chanceOf } from './draw.ts';
import { textOf, write } from './files.ts';
import { machinesOf } from './generate.ts';
import { readNodes, readTimedPods } from './openb.ts';
import { readQuotas, weightsOf } from './quotas.ts';
import { allGpus } from './replay.ts';
import type { TimedSettings } from './settings.ts';
import { arrivalsOf } from './synthetic.ts';
import { jobsOf } from './workload.ts';

/** Enough for a queue to form and to drain. */
const usualRequestsPerGpu = 10;

const scenarioOf = (settings: TimedSettings): { readonly machines: readonly MachineSize[]; readonly jobs: readonly Job[] } => {
  const { source, seed, inflate, speed } = settings;
  const chance = chanceOf(seed);
  if ('gpus' in source) {
    const machines = machinesOf(source.gpus, chanceOf(source.gpus));
    const requests = source.requests ?? usualRequestsPerGpu * allGpus(machines);
    const jobs = arrivalsOf({ requests, queues: source.queues, gpus: allGpus(machines), load: inflate * speed }, chance);
    return { machines, jobs };
  }
  const machines = readNodes(textOf(source.nodes, '--nodes'), source.nodes);
  return { machines, jobs: jobsOf(readTimedPods(textOf(source.pods, '--pods'), source.pods), settings, chance) };
};

/** Replays arrivals and ends with queueing, under each policy. */
export const simulateTimed = (settings: TimedSettings): string => {
  const { policies, seed, json, chart } = settings;
  const quotas = readQuotas(settings.quotas);
  const weights = weightsOf(quotas);
  const { machines, jobs } = scenarioOf(settings);
  const courses = policies.map((policy) => play({ machines, changes: [], jobs, from: 0 }, { name: policy, policy, seed, quotas, weights }));
  const reports = courses.map(courseReport);
  const about = { seed, nodes: machines.length, gpus: allGpus(machines), requests: jobs.length };
  const subtitle = `${about.requests} requests on ${about.gpus} GPUs of ${about.nodes} machines; ${policies.join(', ')}; seed ${seed}`;
  if (chart !== undefined) write(chart, '--chart', courseChart({ title: 'A replay with queueing', subtitle, courses, reports }));
  return json ? JSON.stringify({ ...about, courses: reports }) : coursesTable(subtitle, reports);
};
