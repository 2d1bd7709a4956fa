import { duration, percent, tableOf } from '../table.ts';
import type { CourseReport, Fared } from './report.ts';

const shownOrgs = 20;

const faredHeads = ['organization', 'requests', 'never began', 'wait p50', 'p90', 'p99', 'max', 'slowdown p50', 'p90', 'p99', 'GPU hours'];

const factor = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

const faredRow = ({ org, requests, neverStarted, waitSeconds, slowdown, gpuHours }: Fared): readonly string[] => [
  org,
  String(requests),
  String(neverStarted),
  ...[waitSeconds.p50, waitSeconds.p90, waitSeconds.p99, waitSeconds.max].map(duration),
  ...[slowdown.p50, slowdown.p90, slowdown.p99].map(factor),
  gpuHours.toFixed(1),
];

const index = (value: number | null): string => (value === null ? '-' : value.toFixed(3));

const facts: readonly (readonly [string, (report: CourseReport) => string])[] = [
  ['time', ({ seconds }) => duration(seconds)],
  ['requests', ({ all }) => String(all.requests)],
  ['never began', ({ all }) => String(all.neverStarted)],
  ['GPUs in use, mean', ({ utilisation }) => percent(utilisation.meanPercent)],
  ['GPUs in use, peak', ({ utilisation }) => percent(utilisation.peakPercent)],
  ['most waiting', ({ mostWaiting }) => String(mostWaiting)],
  ['wait, mean', ({ all }) => duration(all.waitSeconds.mean)],
  ['wait, p50', ({ all }) => duration(all.waitSeconds.p50)],
  ['wait, p99', ({ all }) => duration(all.waitSeconds.p99)],
  ['bounded slowdown, mean', ({ all }) => factor(all.slowdown.mean)],
  ['bounded slowdown, p99', ({ all }) => factor(all.slowdown.p99)],
  ['fairness of shares', ({ fairness }) => index(fairness.shares)],
  ['fairness of slowdowns', ({ fairness }) => index(fairness.slowdowns)],
  ['fairness while waiting', ({ fairness }) => index(fairness.whileWaiting)],
  ['preemptions', ({ preemptions }) => String(preemptions.count)],
  ['GPU hours lost', ({ preemptions }) => preemptions.lostGpuHours.toFixed(1)],
  ['backfilled', ({ backfilled }) => String(backfilled)],
  ['decisions/s', ({ work }) => (work === null ? '-' : String(work.decisionsPerSecond))],
];

const orgsOf = ({ name, orgs, all }: CourseReport, isNamed: boolean): string => {
  const rows = orgs.slice(0, shownOrgs).map(faredRow);
  if (orgs.length > 1) rows.push(faredRow(all));
  const rest = orgs.length > shownOrgs ? [`… and ${orgs.length - shownOrgs} more; --json has them all`] : [];
  return [...(isNamed ? [`${name}:`] : []), tableOf(faredHeads, rows), ...rest].join('\n');
};

/** Courses side by side, and each organization's lot, for people. */
export const coursesTable = (title: string, reports: readonly CourseReport[]): string => {
  const beside = tableOf(
    ['', ...reports.map(({ name }) => name)],
    facts.map(([name, textOf]) => [name, ...reports.map(textOf)]),
  );
  return [title, '', beside, ...reports.flatMap((report) => ['', orgsOf(report, reports.length > 1)])].join('\n');
};
