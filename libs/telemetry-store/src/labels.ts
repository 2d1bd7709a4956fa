/** A few bounded words that tell streams and series apart. */
export type Labels = Readonly<Record<string, string>>;

/** Labels that must be equal; a list means any of these. */
export type Matchers = Readonly<Record<string, string | readonly string[]>>;

/** One text for equal labels, whatever the order they were written in. */
export const canonical = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
