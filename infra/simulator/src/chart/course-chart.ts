import type { Course, Stay } from '../course/course.ts';
import { type CourseReport, staysByOrg, waitSecondsOf } from '../course/report.ts';
import { rising } from '../numbers.ts';
import { drawn, type Line, mostLines } from './figure.ts';
import { exact, lengthOfTime, linear, unitOf } from './scale.ts';
import type { Point } from './svg.ts';

const cdfPoints = 200;

/** For each length of time: how many of all, in percent, began within it. Those that never began keep the curve below 100. */
const cdf = (name: string, stays: readonly Stay[]): Line => {
  const waits = rising(stays.flatMap((stay) => waitSecondsOf(stay) ?? []));
  const points: Point[] = [];
  const step = Math.max(1, Math.floor(waits.length / cdfPoints));
  for (let index = 0; index < waits.length; index += step) points.push([waits[index] ?? 0, (100 * (index + 1)) / stays.length]);
  const last = waits.at(-1);
  if (last !== undefined) points.push([last, (100 * waits.length) / stays.length]);
  return { name, points };
};

/** One course is told by its organizations, several by their names. */
const waitLines = (courses: readonly Course[]): readonly Line[] => {
  const [only] = courses;
  if (courses.length !== 1 || !only) return courses.map(({ name, stays }) => cdf(name, stays));
  const byOrg = [...staysByOrg(only.stays)].slice(0, mostLines - 1);
  const lines = byOrg.map(([org, stays]) => cdf(org, stays));
  return byOrg.length === 1 ? lines : [cdf('all', only.stays), ...lines];
};

const greatest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

export interface CourseChart {
  readonly title: string;
  readonly subtitle: string;
  readonly courses: readonly Course[];
  readonly reports: readonly CourseReport[];
}

/** Use, queue and waiting of some courses. */
export const courseChart = ({ title, subtitle, courses, reports }: CourseChart): string => {
  const shown = reports.slice(0, mostLines);
  const seconds = greatest(shown.map((report) => report.seconds));
  const { unit, size } = unitOf(seconds);
  const x = exact(`time since the first arrival, in ${unit}`, seconds / size);
  const overTime = (measure: (point: CourseReport['utilisation']['overTime'][number]) => number): readonly Line[] =>
    shown.map(({ name, utilisation }) => ({
      name,
      points: utilisation.overTime.map((point) => [point.atSeconds / size, measure(point)] as const),
    }));
  const used = overTime(({ usedPercent }) => usedPercent);
  const waiting = overTime((point) => point.waiting);
  const waits = waitLines(courses.slice(0, mostLines));
  const mostOf = (lines: readonly Line[], axis: 0 | 1): number =>
    greatest(lines.flatMap(({ points }) => points.map((point) => point[axis])));
  return drawn({
    title,
    subtitle,
    panels: [
      { title: 'GPUs in use', x, y: linear('% of all GPUs', 100), lines: used, isStepped: false },
      { title: 'Requests that wait', x, y: linear('requests', Math.max(1, mostOf(waiting, 1))), lines: waiting, isStepped: false },
      {
        title: 'How long requests waited',
        x: lengthOfTime('waited at most so long (logarithmic)', mostOf(waits, 0)),
        y: linear('% of requests', 100),
        lines: waits,
        isStepped: true,
      },
    ],
  });
};
