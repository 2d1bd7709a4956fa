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

const written = new WeakMap<Principal, string>();
const read = new Map<string, Known>();

/** A caller as text. What is frozen is written once: nobody changes it any more. */
export const writePrincipal = (principal: Principal): string => {
  const known = written.get(principal);
  if (known !== undefined) return known;
  const text = JSON.stringify(principal);
  if (Object.isFrozen(principal)) written.set(principal, text);
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
  if (read.size >= most) read.clear();
  read.set(key, { text, principal: frozen(principal) });
  return principal;
};
