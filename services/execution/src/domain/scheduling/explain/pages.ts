import { Heap } from '../scheduler/heap.ts';

export interface Window {
  readonly limit: number;
  /** The last one of the page before, as that named it; null: it is the first page. */
  readonly after: string | null;
}

export interface Part<T> {
  readonly items: readonly T[];
  /** The last one of the page; undefined: nobody comes after it. */
  readonly next: string | undefined;
}

/** An order that never changes, and how its members are named and known again. */
export interface InOrder<T> {
  readonly isBefore: (one: T, other: T) => boolean;
  readonly nameOf: (each: T) => string;
  readonly named: (name: string) => T;
}

/** The page after that one: who comes or leaves between two pages moves nobody else to another one. */
export const partOf = <T>(all: Iterable<T>, { limit, after }: Window, { isBefore, nameOf, named }: InOrder<T>): Part<T> => {
  const items = firstOf(after === null ? all : following(all, named(after), isBefore), limit + 1, isBefore);
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), next: last === undefined ? undefined : nameOf(last) };
};

function* following<T>(all: Iterable<T>, after: T, isBefore: InOrder<T>['isBefore']): Generator<T, undefined> {
  for (const each of all) if (isBefore(after, each)) yield each;
}

/** The first so many in their order: of a hundred thousand, most are only looked at once. */
const firstOf = <T>(all: Iterable<T>, count: number, isBefore: InOrder<T>['isBefore']): readonly T[] => {
  const found = new Heap<T>((one, other) => isBefore(other, one));
  for (const each of all) {
    const last = found.first();
    if (last !== undefined && found.size >= count && !isBefore(each, last)) continue;
    found.push(each);
    if (found.size > count) found.pop();
  }
  const backwards: T[] = [];
  for (let last = found.pop(); last !== undefined; last = found.pop()) backwards.push(last);
  return backwards.reverse();
};

/** Of a name made of two, which a slash is between. */
export const pairOf = (name: string): readonly [string, string] => {
  const end = name.indexOf('/');
  return [name.slice(0, end), name.slice(end + 1)];
};
