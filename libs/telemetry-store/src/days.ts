export const dayMs = 86_400_000;

/** Days since the epoch, in UTC. */
export const dayOf = (at: number): number => Math.floor(at / dayMs);

/** `20260131` */
export const dayName = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '');
