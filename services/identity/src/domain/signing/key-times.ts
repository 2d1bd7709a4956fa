import { epochOf, type Instant, identity, instantOf } from '@orrery/contracts';

/** How long a new key is known before it signs: longer than anybody keeps the list of keys. */
export const leadMs = 10 * 60_000;
/** For clocks that differ. */
const graceMs = 60_000;

export interface KeyTimes {
  readonly generation: number;
  readonly activeAt: Instant;
  /** Null as long as no key has followed it. */
  readonly believedUntil: Instant | null;
}

/** When the last token has expired that was signed before another key took over. */
export const lastTokenAt = (takeover: Instant): Instant => instantOf(epochOf(takeover) + identity.accessTokenSeconds * 1_000 + graceMs);

const isBelieved = ({ believedUntil }: KeyTimes, now: number): boolean => believedUntil === null || now < epochOf(believedUntil);

/** Those with which somebody may still verify. */
export const believed = <K extends KeyTimes>(keys: readonly K[], now: number): readonly K[] => keys.filter((key) => isBelieved(key, now));

/** The one that signs: the youngest whose time has come. */
export const signing = <K extends KeyTimes>(keys: readonly K[], now: number): K | undefined =>
  keys
    .filter((key) => isBelieved(key, now) && epochOf(key.activeAt) <= now)
    .reduce<K | undefined>((youngest, key) => (youngest && youngest.generation > key.generation ? youngest : key), undefined);

/** Whether the youngest is so old that another one should follow. */
export const isDue = (keys: readonly KeyTimes[], now: number, longestMs: number): boolean => {
  const youngest = Math.max(...keys.map(({ activeAt }) => epochOf(activeAt)));
  return now - youngest > longestMs;
};
