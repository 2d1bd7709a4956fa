/** What one contender's clients saw of one window. */
export interface Heard {
  /** Answered as they should be. */
  readonly answered: number;
  /** Answered otherwise, or broken off. */
  readonly failed: number;
  /** At most so many were under way when the window ended: nobody knows what became of them. */
  readonly underWay: number;
}

/** How many requests must be on a bill, and how many may be. */
export interface Expected {
  readonly least: number;
  readonly most: number;
}

/** What clients heard of a gateway, as it must be found on the bill of whoever paid. */
export class Tally {
  #answered = 0;
  #unsure = 0;

  add({ answered, failed, underWay }: Heard): void {
    this.#answered += answered;
    this.#unsure += failed + underWay;
  }

  /** Each that was answered is on the bill; of those that failed, or that nobody waited for, some may be. */
  get expected(): Expected {
    return { least: this.#answered, most: this.#answered + this.#unsure };
  }
}

/** What is wrong with a bill of so many requests; undefined: nothing. */
export const wrongWith = (billed: number, { least, most }: Expected): string | undefined => {
  if (billed < least) return `${least - billed} of ${least} answered requests are not on the bill`;
  if (billed > most) return `${billed} requests are on the bill, and at most ${most} were made`;
  return undefined;
};
