import type { Reservation } from '../limits/meters.ts';
import type { Decided, Held } from '../limits/reservations.ts';
import type { Told } from './told.ts';

/** Where requests for inference begin and end, as far as money goes. Whoever sends a request to a model has opened it here. */
export interface UsageBook {
  /** False where so much could not be told that nothing more may be let in: whoever asks is answered 503 until it is true again. */
  readonly hasRoom: boolean;
  /**
   * In one round trip. `ifLost` says what the request would come to if this process were killed now (ending `process-killed`): it is asked at once, and
   * again from time to time until the request is settled, so it must be cheap.
   */
  readonly reserve: (reservation: Reservation, ifLost: () => Told) => Promise<Decided>;
  /** Once for each request that was let in, however it ended. Resolves when the record is safe, or in this process's memory where nobody can take it. */
  readonly settled: (held: Held, told: Told) => Promise<void>;
}
