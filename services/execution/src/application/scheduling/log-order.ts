import type { Recorded } from '@orrery/kernel';

/** As it happened, by the places of facts in the log. */
export const byPlace = ({ place: a }: Pick<Recorded, 'place'>, { place: b }: Pick<Recorded, 'place'>): number => {
  if (a.transaction !== b.transaction) return a.transaction < b.transaction ? -1 : 1;
  return Number(a.position - b.position);
};
