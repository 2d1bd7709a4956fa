import type { Place } from '@orrery/kernel';

/** `<transaction>.<position>`: a place as text, for CloudEvents and checkpoints. Not sortable as text. */
export const sequenceOf = (place: Place): string => `${place.transaction}.${place.position}`;

export const placeOf = (sequence: string): Place => {
  const match = /^(\d+)\.(\d+)$/.exec(sequence);
  if (!match?.[1] || !match[2]) throw new RangeError(`not a place in the log: ${sequence}`);
  return { transaction: BigInt(match[1]), position: BigInt(match[2]) };
};
