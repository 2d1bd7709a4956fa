import type { Operation } from './define.ts';

const inPath = /\{(\w+)\}/g;
const fields = new WeakMap<Pick<Operation, 'http'>, { readonly field: string | undefined }>();

const read = ({ http }: Pick<Operation, 'http'>): string | undefined =>
  [...(http ?? '').matchAll(inPath)].map(([, field]) => field).find((field) => field !== 'org');

/** The field of an operation's input that names the one thing it is about: the first of its path that is not the organization's. */
export const resourceFieldOf = (operation: Pick<Operation, 'http'>): string | undefined => {
  const known = fields.get(operation) ?? { field: read(operation) };
  fields.set(operation, known);
  return known.field;
};

/** What a request is about, by its id or name; undefined where that is no single thing. */
export const resourceOf = (operation: Pick<Operation, 'http'>, input: unknown): string | undefined => {
  const field = resourceFieldOf(operation);
  if (field === undefined || typeof input !== 'object' || input === null) return undefined;
  const value: unknown = Reflect.get(input, field);
  return typeof value === 'string' ? value : undefined;
};
