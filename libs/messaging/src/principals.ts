import { Principal } from '@orrery/contracts';

interface Known {
  readonly text: string;
  readonly principal: Principal;
}

/** Callers that are kept, and how long the text of one may be. */
const most = 1_000;
const longest = 4_000;
/** They are found by the beginning of their text, which holds an id: to compare the rest is quick, to hash it is not. */
const head = 64;

const written = new Map<string, Known>();
const read = new Map<string, Known>();

const keep = (known: Map<string, Known>, key: string, one: Known): void => {
  if (known.size >= most) known.clear();
  known.set(key, one);
};

const areSame = (one: unknown, other: unknown): boolean =>
  one === other ||
  (Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((part, index) => part === other[index]));

const isSame = (one: Principal, other: Principal): boolean => {
  for (const field in one) if (!areSame(Reflect.get(one, field), Reflect.get(other, field))) return false;
  for (const field in other) if (!(field in one)) return false;
  return true;
};

/** A caller as text. To compare one with how it was when it last asked is quicker than to write it. */
export const writePrincipal = (principal: Principal): string => {
  if (!('permissions' in principal)) return JSON.stringify(principal);
  const known = written.get(principal.id);
  if (known && isSame(known.principal, principal)) return known.text;
  const text = JSON.stringify(principal);
  // A copy, for the caller's own may change. What is nested deeper is written each time.
  const copy = { ...principal, permissions: [...principal.permissions] };
  if (text.length <= longest && !('only' in copy)) keep(written, principal.id, { text, principal: copy });
  return text;
};

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
};

const parse = (text: string): Principal | undefined => {
  try {
    return Principal.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/**
 * A caller from text, or undefined where it is none. The same callers ask again and again, and no other part of a request takes as
 * long to read: who was read and judged once is known again by the very same text. Frozen, because it is given to many.
 */
export const readPrincipal = (text: string): Principal | undefined => {
  const key = text.slice(0, head);
  const known = read.get(key);
  if (known?.text === text) return known.principal;
  const principal = parse(text);
  if (principal === undefined || text.length > longest) return principal;
  keep(read, key, { text, principal: frozen(principal) });
  return principal;
};
