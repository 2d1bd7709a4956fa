/** Who may take whose place: the higher that of the lower. */
export const levels = { preemptible: 0, borrowed: 1, guaranteed: 2 } as const;
export type Level = (typeof levels)[keyof typeof levels];

export const levelOf = (isGuaranteed: boolean, isPreemptible: boolean): Level => {
  if (isGuaranteed) return levels.guaranteed;
  return isPreemptible ? levels.preemptible : levels.borrowed;
};

/** What is guaranteed need not wait for what others keep for themselves beyond their guarantees. */
export const mayDisplace = (level: Level, other: Level): boolean => level === levels.guaranteed && other !== levels.guaranteed;
