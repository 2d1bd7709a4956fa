import type { Standing } from './target.ts';

/** How much busier than the average a target may be before a prompt that it knows goes elsewhere. */
const slack = 1.25;

const hasRoom = ({ target, outstanding, isOpen }: Standing): boolean => isOpen && outstanding < target.concurrency;

/** How busy it would be with this request, for its weight. */
const loadOf = ({ target, outstanding }: Standing): number => (outstanding + 1) / target.weight;

/** FNV-1a of 32 bits, then the finish of MurmurHash3: texts that differ little get numbers that differ much. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998, with the logarithmic weights of Schindelhauer and Schomaker 2005): a target that goes
 * takes only its own prompts along, one that comes takes its share from all.
 */
const rankOf = (key: string, { target }: Standing): number => {
  const uniform = (hashOf(`${target.id}\0${key}`) + 0.5) / 2 ** 32;
  return -target.weight / Math.log(uniform);
};

const best = (standings: readonly Standing[], rank: (standing: Standing) => number): Standing | undefined =>
  standings.reduce<Standing | undefined>((top, next) => (top === undefined || rank(next) > rank(top) ? next : top), undefined);

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2018): the target that knows this prompt, unless it is much busier
 * than the others.
 */
const sticky = (key: string, free: readonly Standing[]): Standing | undefined => {
  const outstanding = free.reduce((sum, each) => sum + each.outstanding, 1);
  const weight = free.reduce((sum, { target }) => sum + target.weight, 0);
  const most = Math.max(1, (outstanding / weight) * slack);
  const calm = free.filter((each) => each.outstanding + 1 <= Math.ceil(most * each.target.weight));
  return best(calm, (each) => rankOf(key, each));
};

export interface Wish {
  /** Of prompts that begin alike; those go to a replica that has read that beginning. */
  readonly stickyKey?: string | undefined;
  /** What was tried already. */
  readonly tried: ReadonlySet<string>;
  /** In [0, 1): decides between equals. */
  readonly random: number;
}

/**
 * The least busy target for its weight, or the one that knows the prompt; undefined where none has room. What was tried is chosen again only
 * if nothing else has room.
 */
export const choose = (standings: readonly Standing[], { stickyKey, tried, random }: Wish): Standing | undefined => {
  const free = standings.filter(hasRoom);
  const untried = free.filter(({ target }) => !tried.has(target.id));
  const candidates = untried.length > 0 ? untried : free;
  const known = stickyKey === undefined ? undefined : sticky(stickyKey, candidates);
  if (known) return known;
  const least = candidates.reduce((load, each) => Math.min(load, loadOf(each)), Number.POSITIVE_INFINITY);
  const calmest = candidates.filter((each) => loadOf(each) === least);
  return calmest[Math.floor(random * calmest.length)];
};
