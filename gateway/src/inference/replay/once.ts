import { pause } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { Failed } from '../../failure.ts';
import type { Settlement } from '../accounting/request-account.ts';
import { type Packed, packedAnswer, packedFailure, spent } from './kept.ts';
import { contentHeaders, Recording } from './recording.ts';
import type { Room } from './room.ts';
import type { Place, Shelf } from './shelf.ts';

export interface OnceSettings {
  /** How long a key is held for a gateway that says nothing more of it. */
  readonly leaseMs: number;
  /** How long an answer is kept. */
  readonly keepMs: number;
  /** The longest answer that is kept. */
  readonly mostBytes: number;
}

export interface ReplayParts {
  readonly shelf: Shelf;
  readonly room: Room;
  readonly log: Log;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface OnceOptions extends ReplayParts {
  readonly settings: OnceSettings;
  readonly place: Place;
  readonly print: string;
  readonly holder: string;
  /** This process waits no more. */
  readonly signal: AbortSignal;
}

/** It is the answer to the first request; what that cost is paid. */
const ownHeaders = [...contentHeaders, 'x-orrery-request-id', 'request-id'];
const longestLateMs = 60_000;
const lateMs = 1_000;

/** A request that this gateway makes, and nobody else: what comes of it is kept where something was charged or answered, else its key is free again. */
export class Once {
  readonly #options: OnceOptions;
  readonly #holding: NodeJS.Timeout;
  readonly recording: Recording;
  /** Told when there will be no answer to give again. */
  onPointless: (() => void) | undefined;
  #isKept = false;
  #late: Promise<void> = Promise.resolve();

  constructor(options: OnceOptions) {
    this.#options = options;
    const { shelf, place, holder, settings, room } = options;
    this.recording = new Recording({ headers: ownHeaders, room, most: settings.mostBytes, onFull: () => this.onPointless?.() });
    this.#holding = setInterval(() => void shelf.hold(place, holder, settings.leaseMs), settings.leaseMs / 6);
    this.#holding.unref();
  }

  /** Whether it is worth going on for a client that has left, and may come back for it. */
  get outlivesClient(): boolean {
    return !this.recording.isFull;
  }

  /** Before it is settled, so that whoever dies in between leaves an answer, and no request that is made again and paid for twice. */
  async settling({ cost }: Settlement, failed: Failed | undefined): Promise<void> {
    const { recorded } = this.recording;
    if (cost === 0n && (recorded === undefined || !recorded.isWhole)) return;
    this.#isKept = true;
    const { shelf, place, print, holder, settings, log } = this.#options;
    const packed = await this.#packed(failed);
    const keeping = { print, holder, packed, keepMs: settings.keepMs };
    if (await shelf.keep(place, keeping)) return;
    metrics.keyedRequests.add(1, { outcome: 'late' });
    log.warn({ orgId: place.orgId }, 'Redis does not take the answer to a request with an Idempotency-Key: trying again for a minute');
    this.#late = this.#keepLate(() => shelf.keep(place, keeping));
  }

  /** After everything. */
  async close(): Promise<void> {
    clearInterval(this.#holding);
    // What waits for Redis takes its room until it is there.
    void this.#late.finally(() => this.recording.close());
    const { shelf, place, holder } = this.#options;
    if (!this.#isKept) await shelf.free(place, holder);
  }

  async #packed(failed: Failed | undefined): Promise<Packed> {
    const { recorded } = this.recording;
    if (recorded) return await packedAnswer(recorded, this.#options.clock());
    return failed ? packedFailure(failed.failure) : spent;
  }

  async #keepLate(keep: () => Promise<boolean>): Promise<void> {
    const { clock, random, signal } = this.#options;
    const until = clock() + longestLateMs;
    while (clock() < until && !signal.aborted) {
      await pause(lateMs * (0.5 + random()), signal);
      if (await keep()) return;
    }
  }
}
