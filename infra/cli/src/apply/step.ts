/** One thing to do, and the one request that does it. */
export interface Step {
  readonly sign: '+' | '~' | '-';
  readonly what: string;
  /** Field by field, what changes. Never a secret: they are shown. */
  readonly details: readonly string[];
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Of objects whose fields may stand in any order. */
export const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${name}: ${textOf(inner)}`)
    .join(', ')}}`;
};

export const changesOf = (before: Fields, after: Fields): readonly string[] =>
  Object.keys(after).flatMap((name) => {
    const [from, to] = [textOf(before[name]), textOf(after[name])];
    return from === to ? [] : [`${name}: ${from} → ${to}`];
  });

export const inPath = encodeURIComponent;

/** A step where something is new or other than it was. */
export const made = (
  what: string,
  before: Fields | undefined,
  after: Fields,
  by: Pick<Step, 'method' | 'path' | 'body'>,
): readonly Step[] => {
  if (!before) return [{ sign: '+', what, details: [], ...by }];
  const details = changesOf(before, after);
  return details.length === 0 ? [] : [{ sign: '~', what, details, ...by }];
};

export const removed = (what: string, path: string): Step => ({ sign: '-', what, details: [], method: 'DELETE', path });
