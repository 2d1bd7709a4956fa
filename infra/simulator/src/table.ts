/** Rows under their heads, for people; the first column is text, the others are numbers. */
export const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [heads, ...rows].map(line).join('\n');
};

export const percent = (value: number): string => `${value.toFixed(2)} %`;

const unitsOfTime = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** `2.5 h`: a length of time as people say it. */
export const duration = (seconds: number): string => {
  const [unit, size] = unitsOfTime.find(([, least]) => seconds >= least) ?? ['s', 1];
  const number = seconds / size;
  return `${number >= 100 || Number.isInteger(number) ? Math.round(number) : number.toFixed(1)} ${unit}`;
};
