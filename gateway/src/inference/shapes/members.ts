import { Failed, invalidInput } from '../../failure.ts';

/** An object of JSON that nobody has judged. */
export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no object has no members, what is no list no items, what is no text no letters: upstreams are read, never trusted. */
export const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Undefined where nothing was said: to clients null and nothing are the same. */
export const said = (value: unknown): unknown => value ?? undefined;

type Path = readonly (string | number)[];

/** What a client asks for and this upstream cannot be asked for. `detail` goes on after the name of the field. */
export const cannot = (path: Path, detail: string, mend: string): Failed => new Failed(invalidInput([{ in: 'body', path, detail, mend }]));

/** The list of a field that must be one. */
export const listAt = (body: Members, name: string): readonly unknown[] => {
  const value = body[name];
  if (Array.isArray(value)) return value;
  throw cannot([name], 'must be a list', 'send a list (array)');
};

export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a tool is called with. Models write what is no object: whoever reads it must see what was written, not a call with nothing. */
export const argumentsOf = (text: string): Members => {
  if (text.trim() === '') return {};
  const value = parsed(text);
  return isMembers(value) ? value : { arguments: text };
};
