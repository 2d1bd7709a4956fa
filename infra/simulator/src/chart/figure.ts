import type { Scale } from './scale.ts';
import { type Point, type Svg, tag, through } from './svg.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly lines: readonly Line[];
  /** Its value lasts until the next point. */
  readonly isStepped: boolean;
}

export interface Figure {
  readonly title: string;
  readonly subtitle: string;
  readonly panels: readonly Panel[];
}

/**
 * Told apart with any kind of colour vision, and by their dashes in print.
 * Source: Okabe, Ito, "Color Universal Design", 2008.
 */
const pens = [
  { stroke: '#0072b2', dash: undefined },
  { stroke: '#d55e00', dash: '7 3' },
  { stroke: '#009e73', dash: '2 3' },
  { stroke: '#cc79a7', dash: '9 3 2 3' },
  { stroke: '#b07d00', dash: '4 2' },
  { stroke: '#56b4e9', dash: '12 4' },
] as const;

/** More lines than pens would be told apart by nobody. */
export const mostLines = pens.length;

const penOf = (index: number) => pens[index % pens.length] ?? pens[0];

const width = 880;
const plot = { left: 76, width: 770, height: 180 };
const head = 74;
const panelHeight = plot.height + 100;
const ink = { text: '#1f2933', soft: '#52606d', grid: '#e4e7eb', axis: '#9aa5b1' };

const label = (x: number, y: number, text: string, more: Readonly<Record<string, string | number>> = {}): Svg =>
  tag('text', { x, y, 'font-size': 12, fill: ink.soft, ...more }, text);

const stepped = (points: readonly Point[]): readonly Point[] =>
  points.flatMap((point, index): readonly Point[] => {
    const before = points[index - 1];
    return before ? [[point[0], before[1]], point] : [point];
  });

const gridOf = ({ x, y }: Panel): readonly Svg[] => [
  ...y.ticks.flatMap(({ at, label: text }) => {
    const height = plot.height * (1 - y.place(at));
    const stroke = y.place(at) === 0 ? ink.axis : ink.grid;
    return [tag('line', { x1: 0, x2: plot.width, y1: height, y2: height, stroke }), label(-8, height + 4, text, { 'text-anchor': 'end' })];
  }),
  ...x.ticks.flatMap(({ at, label: text }) => {
    const along = plot.width * x.place(at);
    return [
      tag('line', { x1: along, x2: along, y1: plot.height, y2: plot.height + 5, stroke: ink.axis }),
      label(along, plot.height + 20, text, { 'text-anchor': 'middle' }),
    ];
  }),
  label(plot.width / 2, plot.height + 38, x.label, { 'text-anchor': 'middle' }),
  label(-56, plot.height / 2, y.label, { 'text-anchor': 'middle', transform: `rotate(-90 -56 ${plot.height / 2})` }),
];

const legendOf = (lines: readonly Line[]): readonly Svg[] => {
  const longest = Math.max(...lines.map(({ name }) => name.length));
  const step = Math.min(plot.width / lines.length, 44 + 7 * longest);
  const start = plot.width - step * lines.length;
  return lines.flatMap(({ name }, index) => {
    const { stroke, dash } = penOf(index);
    const x = start + step * index;
    return [
      tag('line', { x1: x, x2: x + 26, y1: -16, y2: -16, stroke, 'stroke-width': 2.5, 'stroke-dasharray': dash }),
      label(x + 32, -12, name, { fill: ink.text }),
    ];
  });
};

const lineOf = ({ points }: Line, index: number, { x, y, isStepped }: Panel): Svg => {
  const { stroke, dash } = penOf(index);
  const placed = points.map(([at, value]): Point => [plot.width * x.place(at), plot.height * (1 - y.place(value))]);
  const d = through(isStepped ? stepped(placed) : placed);
  return tag('path', { d, fill: 'none', stroke, 'stroke-width': 2, 'stroke-linejoin': 'round', 'stroke-dasharray': dash });
};

const panelOf = (panel: Panel, index: number): Svg =>
  tag(
    'g',
    { transform: `translate(${plot.left} ${head + 44 + panelHeight * index})` },
    tag('text', { x: -56, y: -12, 'font-size': 14, 'font-weight': 600, fill: ink.text }, panel.title),
    ...(panel.lines.length > 1 ? legendOf(panel.lines) : []),
    ...gridOf(panel),
    ...panel.lines.map((line, place) => lineOf(line, place, panel)),
  );

/**
 * Panels below each other, as a document that stands alone. Drawn by hand: a few lines and axes need no library, and no browser to
 * run it in.
 */
export const drawn = ({ title, subtitle, panels }: Figure): string => {
  const height = head + panelHeight * panels.length + 8;
  const { markup } = tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'font-family': 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif',
    },
    tag('title', {}, title),
    tag('desc', {}, subtitle),
    tag('rect', { width, height, fill: '#ffffff' }),
    tag('text', { x: 20, y: 34, 'font-size': 19, 'font-weight': 600, fill: ink.text }, title),
    label(20, 56, subtitle, { 'font-size': 13 }),
    ...panels.map(panelOf),
  );
  return `${markup}\n`;
};
