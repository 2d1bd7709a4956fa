import type { FindOptions } from '../placement/wishes.ts';
import type { Entry, Hold, Reservation } from './entry.ts';
import type { Option } from './options.ts';

/** Who wants to know when it could start. */
export interface Asker {
  readonly entry: Entry;
  readonly option: Option;
  readonly now: number;
  /** Of its reservations it goes round those that this says; the others it may displace. */
  readonly mustRespect: (reservation: Reservation) => boolean;
  /** It does not count on what these hold. */
  readonly without?: (hold: Hold) => boolean;
  /** GPUs that were promised to others. */
  readonly refuses?: FindOptions['refuses'];
}
