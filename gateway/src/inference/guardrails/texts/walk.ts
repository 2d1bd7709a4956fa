import { isMembers, type Members } from '../../shapes/members.ts';
import type { Path } from './json-strings.ts';

/** A string somewhere in a value that was parsed, and how another one is put there. */
export interface Place {
  readonly path: Path;
  readonly text: string;
  readonly put: (text: string) => void;
}

/** Calls back with every string in it that is asked for. */
export const eachPlace = (value: unknown, isWanted: (path: Path) => boolean, found: (place: Place) => void, path: Path = []): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(name) : name];
    if (typeof each !== 'string') eachPlace(each, isWanted, found, at);
    else if (isWanted(at)) found({ path: at, text: each, put: (text) => Reflect.set(value, name, text) });
  }
};

/** What tells letter by letter what was written: where that was changed, it must not. */
export const withoutLetters = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name !== 'logprobs') withoutLetters(each);
    else if (each !== null) Reflect.set(value, name, Array.isArray(each) ? [] : null);
  }
};

export const memberOf = (value: unknown, name: string | number): unknown =>
  isMembers(value) || Array.isArray(value) ? Reflect.get(value, name) : undefined;

/** A path whose places in lists are those that the items name themselves (`index`): of the same item in every frame. */
export const steady = (value: Members, path: Path): Path => {
  let at: unknown = value;
  return path.map((part) => {
    at = memberOf(at, part);
    const index = typeof part === 'number' ? memberOf(at, 'index') : undefined;
    return typeof index === 'number' ? index : part;
  });
};
