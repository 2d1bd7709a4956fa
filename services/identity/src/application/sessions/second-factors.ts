import type { UserId } from '@orrery/contracts';

/** Says whether a person owes a second factor after the first. As long as nobody can enrol one, nobody does. */
export class SecondFactors {
  isOwedBy(_userId: UserId): Promise<boolean> {
    return Promise.resolve(false);
  }
}
