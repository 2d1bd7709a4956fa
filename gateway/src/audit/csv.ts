/** What a spreadsheet would run instead of showing it. */
const runs = /^[=+\-@\t\r]/;
const needsQuotes = /[",\r\n]/;

/** A cell as RFC 4180 has it; what a spreadsheet would take for a formula gets a quote in front and is shown. */
export const cellOf = (value: string | null): string => {
  if (value === null) return '';
  const shown = runs.test(value) ? `'${value}` : value;
  return needsQuotes.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
};

export const lineOf = (cells: readonly (string | null)[]): string => `${cells.map(cellOf).join(',')}\r\n`;
