import { type catalog, epochOf, type execution } from '@orrery/contracts';
import type { DataOf } from '../run/run-facts.ts';
import { type Need, wholeGpu } from './placement/need.ts';
import type { Request } from './request.ts';

/** A GPU in MIG mode has seven compute slices. */
const computeSlices = 7;

/** What a slice counts for: its part of the compute slices. */
const sliceMilli = (mig: string): number => Math.round((wholeGpu * Number.parseInt(mig, 10)) / computeSlices);

const gpuMilliOf = ({ gpus, gpuMilli, mig }: catalog.Resources): number => {
  if (gpus === 0) return 0;
  return mig === undefined ? (gpuMilli ?? wholeGpu) : sliceMilli(mig);
};

/** What a machine type gives, as a need without wishes. */
export const needOf = (resources: catalog.Resources): Need => {
  const { cpuMilli, memoryMib, gpus, gpuModel, gpuModels, mig, minGpuMemoryMib, pool } = resources;
  const models = gpuModels ?? (gpuModel === undefined ? null : [gpuModel]);
  return {
    cpuMilli,
    memoryMib,
    gpus,
    gpuMilli: gpuMilliOf(resources),
    models: models?.map((model) => model.toLowerCase()) ?? null,
    ...(minGpuMemoryMib === undefined ? {} : { minGpuMemoryMib }),
    ...(mig === undefined ? {} : { mig }),
    ...(pool === undefined ? {} : { pool, isPoolOfType: true }),
  };
};

/** Groups are of an organization: two that call theirs the same never meet. */
const wishesOf = ({ labels, group, near, apart, pool, workerId }: execution.PlaceWishes, orgId: string): Partial<Need> => {
  const inOrg = (wish: execution.GroupWish) => ({ ...wish, group: `${orgId}/${wish.group}` });
  return {
    ...(labels === null ? {} : { labels }),
    ...(group === null ? {} : { group: `${orgId}/${group}` }),
    ...(near === null ? {} : { near: inOrg(near) }),
    ...(apart === null ? {} : { apart: inOrg(apart) }),
    ...(pool === null ? {} : { pool }),
    ...(workerId === null ? {} : { machine: workerId }),
  };
};

/** A run as the scheduler sees it; of a gang, all of its members in one, by the id of the first. */
export const requestOf = ({ runId, orgId, request, timeoutSeconds, at }: DataOf<'RunSubmitted'>): Request => {
  const { choices, gang, wishes, priority, isPreemptible, deadlineAt, project, weights } = request;
  const common = { ...wishesOf(wishes, orgId), ...(weights === undefined ? {} : { weights }) };
  return {
    id: gang?.id ?? runId,
    queue: project === null ? orgId : `${orgId}/${project}`,
    ask: { nodes: gang?.size ?? 1, choices: choices.map(({ resources }) => ({ ...needOf(resources), ...common })) },
    rank: priority.rank,
    isPreemptible,
    limitMs: timeoutSeconds * 1_000,
    deadlineAt: deadlineAt === null ? null : epochOf(deadlineAt),
    submittedAt: epochOf(at),
  };
};
