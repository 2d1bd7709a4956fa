import { jain, mean, quantile, rising } from '../numbers.ts';
import type { Course, Stay } from './course.ts';
import type { Mean } from './samples.ts';

interface Spread {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How an organization, or all of them, fared. */
export interface Fared {
  readonly org: string;
  readonly requests: number;
  /** Of them: never began. */
  readonly neverStarted: number;
  /** From arrival to the first start, in seconds. */
  readonly waitSeconds: Spread;
  /** Bounded slowdown: from arrival to end, in times of its run time or of ten seconds, whichever is more. */
  readonly slowdown: Spread;
  readonly gpuHours: number;
}

export interface CourseReport {
  readonly name: string;
  readonly seconds: number;
  readonly all: Fared;
  readonly orgs: readonly Fared[];
  readonly utilisation: {
    readonly meanPercent: number;
    readonly peakPercent: number;
    /** Means over stretches of equal length, from the first arrival to the last end. */
    readonly overTime: readonly { readonly atSeconds: number; readonly usedPercent: number; readonly waiting: number }[];
  };
  readonly mostWaiting: number;
  /** Jain's index: 1 is alike. */
  readonly fairness: {
    /** Of GPU time by weight. */
    readonly shares: number;
    /** Of mean slowdowns. */
    readonly slowdowns: number;
    /** Of GPUs held by weight among those who wait, over the time in which several did; null: that never was. */
    readonly whileWaiting: number | null;
  };
  readonly preemptions: { readonly count: number; readonly requests: number; readonly mostOfOne: number; readonly lostGpuHours: number };
  /** Began while an earlier one of their queue waited. */
  readonly backfilled: number;
  readonly work: { readonly decisions: number; readonly decisionsPerSecond: number } | null;
}

const stretches = 200;
const gpuMsPerHour = 1_000 * 3_600_000;

const spreadOf = (values: readonly number[]): Spread => {
  const sorted = rising(values);
  const [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1].map((part) => quantile(sorted, part));
  return { mean: mean(values), p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, max: max ?? 0 };
};

/** Shorter runs count as so long: else a moment's wait of a run of no length would be endless. */
const leastRunMs = 10_000;

/** Source: Feitelson et al., "Theory and practice in parallel job scheduling", JSSPP 1997. */
const slowdownOf = ({ submittedAt, endedAt, ranMs }: Stay): number | null =>
  endedAt === null || ranMs === null ? null : Math.max(1, (endedAt - submittedAt) / Math.max(ranMs, leastRunMs));

export const waitSecondsOf = ({ submittedAt, startedAt }: Stay): number | null =>
  startedAt === null ? null : (startedAt - submittedAt) / 1_000;

const known = (values: readonly (number | null)[]): readonly number[] => values.filter((value) => value !== null);

const faredOf = (org: string, stays: readonly Stay[]): Fared => ({
  org,
  requests: stays.length,
  neverStarted: stays.filter(({ startedAt }) => startedAt === null).length,
  waitSeconds: spreadOf(known(stays.map(waitSecondsOf))),
  slowdown: spreadOf(known(stays.map(slowdownOf))),
  gpuHours: stays.reduce((sum, { heldGpuMs }) => sum + heldGpuMs, 0) / gpuMsPerHour,
});

export const staysByOrg = (stays: readonly Stay[]): ReadonlyMap<string, readonly Stay[]> => {
  const byOrg = new Map<string, Stay[]>();
  for (const stay of stays) {
    const same = byOrg.get(stay.org);
    if (same) same.push(stay);
    else byOrg.set(stay.org, [stay]);
  }
  return new Map([...byOrg].sort(([, a], [, b]) => b.length - a.length));
};

const overTimeOf = (means: readonly Mean[]) =>
  means.map(({ at, usedPercent, waiting }) => ({ atSeconds: at / 1_000, usedPercent, waiting }));

export const courseReport = ({ name, stays, samples, weights, work }: Course): CourseReport => {
  const orgs = [...staysByOrg(stays)].map(([org, own]) => faredOf(org, own));
  const preempted = stays.filter(({ preemptions }) => preemptions > 0);
  const means = samples.means(stretches);
  return {
    name,
    seconds: (samples.to - samples.from) / 1_000,
    all: faredOf('all', stays),
    orgs,
    utilisation: {
      meanPercent: mean(means.map(({ usedPercent }) => usedPercent)),
      peakPercent: samples.peakUsedPercent,
      overTime: overTimeOf(means),
    },
    mostWaiting: samples.mostWaiting,
    fairness: {
      shares: jain(orgs.map(({ org, gpuHours }) => gpuHours / (weights.get(org) ?? 1))),
      slowdowns: jain(orgs.map(({ slowdown }) => slowdown.mean)),
      whileWaiting: samples.fairnessOfWaiting,
    },
    preemptions: {
      count: preempted.reduce((sum, { preemptions }) => sum + preemptions, 0),
      requests: preempted.length,
      mostOfOne: preempted.reduce((most, { preemptions }) => Math.max(most, preemptions), 0),
      lostGpuHours: stays.reduce((sum, { lostGpuMs }) => sum + lostGpuMs, 0) / gpuMsPerHour,
    },
    backfilled: stays.filter(({ passed }) => passed !== null).length,
    work: work && { decisions: work.decisions, decisionsPerSecond: work.seconds > 0 ? Math.round(work.decisions / work.seconds) : 0 },
  };
};
