const colours: Readonly<Record<string, number>> = { trace: 90, debug: 90, info: 36, warn: 33, error: 31, fatal: 35 };

const paint = (text: string, colour: number): string => `\u001b[${colour}m${text}\u001b[0m`;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One line for a person at a terminal; a stack, if there is one, below it. */
export const prettyOf = (line: string): string => {
  const { time, level, service, msg, trace_id, span_id: _span, err, ...rest } = JSON.parse(line);
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${textOf(value)}`);
  if (trace_id) fields.push(`trace=${trace_id}`);
  const head = `${time.slice(11, 23)} ${paint(level.padEnd(5), colours[level] ?? 37)} ${textOf(service ?? '').padEnd(13)} ${msg ?? ''}`;
  const details = fields.length > 0 ? ` ${paint(fields.join(' '), 90)}` : '';
  const stack = err ? `\n${err.stack ?? err.message}` : '';
  return `${head}${details}${stack}\n`;
};
