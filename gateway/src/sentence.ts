export type Details = Readonly<Record<string, unknown>>;
export type Sentence = string | ((details: Details) => string);

export const named = (details: Details, name: string, otherwise: string): string =>
  typeof details[name] === 'string' || typeof details[name] === 'number' ? String(details[name]) : otherwise;
