import type { CurvePoint } from '../replay.ts';
import type { Report } from '../report.ts';
import { drawn, type Line, mostLines, type Panel } from './figure.ts';
import { exact, linear } from './scale.ts';

/** The first seed's curve: one that happened, where a mean of several would be none. */
const linesOf = (reports: readonly Report[], measure: (point: CurvePoint) => number): readonly Line[] =>
  reports.slice(0, mostLines).map(({ policy, seeds }) => ({
    name: policy,
    points: [[0, 0], ...(seeds[0]?.curve ?? []).map((point) => [point.arrivedPercent, measure(point)] as const)],
  }));

/** Where the policies part. */
const lastPart = 0.65;

/** What was allocated, and what was fragmented, while requests arrived. */
export const placementChart = (reports: readonly Report[]): string => {
  const [first] = reports;
  const arrived = Math.max(1, ...reports.flatMap(({ seeds }) => seeds[0]?.curve.at(-1)?.arrivedPercent ?? []));
  const about = 'GPUs asked for so far, in % of all';
  const amounts = '% of all GPUs';
  const allocated = linesOf(reports, ({ allocatedPercent }) => allocatedPercent);
  const fragmented = linesOf(reports, ({ fragmentedPercent }) => fragmentedPercent);
  const from = lastPart * Math.min(100, arrived);
  const detail = allocated.map(({ name, points }) => ({ name, points: points.filter(([x]) => x >= from) }));
  const values = detail.flatMap(({ points }) => points.map(([, value]) => value));
  const panel = (title: string, lines: readonly Line[]): Panel => {
    const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
    return { title, x: exact(about, arrived), y: linear(amounts, most), lines, isStepped: false };
  };
  return drawn({
    title: 'How full the cluster gets',
    subtitle: `${first?.gpus ?? 0} GPUs on ${first?.nodes ?? 0} machines; seed ${first?.seeds[0]?.seed ?? 0}; requests arrive one by one and never leave`,
    panels: [
      panel('GPUs allocated', allocated),
      {
        title: 'The last part of it, larger',
        x: exact(about, arrived, from),
        y: linear(amounts, Math.max(1, ...values), Math.min(...values)),
        lines: detail,
        isStepped: false,
      },
      panel('Fragmented GPUs', fragmented),
    ],
  });
};
