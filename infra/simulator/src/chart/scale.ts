export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Says where on a line from 0 to 1 a value lies, and which values to name there. */
export interface Scale {
  readonly label: string;
  readonly place: (value: number) => number;
  readonly ticks: readonly Tick[];
}

const wantedTicks = 7;

/** 1, 2, 2.5 or 5 times a power of ten: the steps that people count in. */
const stepOf = (span: number): number => {
  const rough = span / wantedTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  return (([1, 2, 2.5, 5] as const).find((factor) => factor * power >= rough) ?? 10) * power;
};

const numberLabel = (value: number): string => (value >= 10_000 ? value.toLocaleString('en-GB') : String(Number(value.toPrecision(6))));

const rounding = 1e-9;

/** From a round number to a round number, with `from` and `most` between them. */
export const linear = (label: string, most: number, from = 0): Scale => {
  const step = stepOf(most > from ? most - from : 1);
  const start = Math.floor(from / step + rounding);
  const end = Math.max(start + 1, Math.ceil(most / step - rounding));
  const ticks = Array.from({ length: end - start + 1 }, (_, index) => ({
    at: step * (start + index),
    label: numberLabel(step * (start + index)),
  }));
  return { label, place: (value) => (value / step - start) / (end - start), ticks };
};

/** The same between exactly these two: for time, which does not go on. */
export const exact = (label: string, most: number, from = 0): Scale => {
  const { ticks } = linear(label, most, from);
  const end = most > from ? most : from + 1;
  const isInside = ({ at }: Tick): boolean => at >= from - rounding && at <= end * (1 + rounding);
  return { label, place: (value) => (value - from) / (end - from), ticks: ticks.filter(isInside) };
};

const lengths: readonly Tick[] = [
  { at: 1, label: '≤ 1 s' },
  { at: 10, label: '10 s' },
  { at: 60, label: '1 min' },
  { at: 600, label: '10 min' },
  { at: 3_600, label: '1 h' },
  { at: 21_600, label: '6 h' },
  { at: 86_400, label: '1 d' },
  { at: 604_800, label: '1 week' },
  { at: 2_592_000, label: '30 d' },
  { at: 31_536_000, label: '1 year' },
];

/** Lengths of time in seconds, from a second to the first of these lengths that is long enough; logarithmic. */
export const lengthOfTime = (label: string, most: number): Scale => {
  const last = lengths.findIndex(({ at }) => at >= most);
  const ticks = lengths.slice(0, Math.max(2, last === -1 ? lengths.length : last + 1));
  const end = Math.log(ticks.at(-1)?.at ?? 1);
  return { label, place: (value) => Math.min(1, Math.log(Math.max(1, value)) / end), ticks };
};

const units = [
  ['days', 86_400, 2],
  ['hours', 3_600, 2],
  ['minutes', 60, 2],
  ['seconds', 1, 0],
] as const;

/** In which unit to tell so many seconds: its name, and how many seconds it has. */
export const unitOf = (seconds: number): { readonly unit: string; readonly size: number } => {
  const [unit, size] = units.find(([, length, least]) => seconds >= length * least) ?? units[3];
  return { unit, size };
};
