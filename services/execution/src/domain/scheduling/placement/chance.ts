import type { Place } from './place.ts';

/** Says what a place costs where chance decides: numbers in [0, 1). */
export type Chance = (place: Place) => number;

/** FNV-1a (Fowler, Noll, Vo) over the text, and the finalizer of MurmurHash3 (Appleby), which makes every bit depend on all of them. */
const scattered = (text: string, seed: number): number => {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Another draw each time that something came or went, there or anywhere: it follows from what is, so that whoever knows the same draws the same. */
export const chanceOf = ({ id, held }: Place, placed: number): number => scattered(`${id}/${held}`, placed) / 2 ** 32;
