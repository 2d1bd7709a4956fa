import { createHmac } from 'node:crypto';
import type { RequestContext } from '@orrery/contracts';
import { KeyedQueue } from '@orrery/event-store';
import type { Clock, Rejection } from '@orrery/kernel';
import { networkOf, refuse } from '@orrery/messaging';
import { metrics } from '@orrery/telemetry';
import { blank, failed, isBlank, type Patience, type Tally, takenBack } from '../../domain/tries.ts';
import { patienceOf, patienceWithAddress, type TryPath } from '../../domain/try-paths.ts';
import type { TriesTable } from './tries-table.ts';

export interface TriesOptions {
  readonly table: TriesTable;
  /** Names of subjects and addresses are kept under hashes with this key: the table tells of nobody. */
  readonly key: Buffer;
  readonly clock: Clock;
  /** Hears of every secret that was wrong, and until when nobody is looked at now: 0 where nobody has to wait. */
  readonly onFailed?: (path: TryPath, subject: string, context: RequestContext, lockedUntil: number) => void;
}

type Origin = Pick<RequestContext, 'origin'>;

const maxWaiting = 1_000;
const maxLocked = 10_000;
/** How often a row is read again when another process has changed it meanwhile. */
const maxRounds = 5;
const crowdedMs = 1_000;

const tooMany = (retryAfterMs: number): Rejection => ({ code: 'TooManyTries', details: { retryAfterMs: Math.ceil(retryAfterMs) } });

/**
 * Makes guessing slow, in every path in which a secret is shown: per path and subject, and per address over all paths. A try is
 * counted before it is looked at, so that a thousand at once are no more than one after the other. The subject is whatever the
 * caller names (an address of e-mail, an id), whether or not it exists; nobody can tell from an answer.
 *
 * Refuses with `TooManyTries`, which the contract of the operation must list.
 */
export class Tries {
  private readonly queue = new KeyedQueue(maxWaiting);
  /** Until when whom nobody looks at, as far as this process has seen: a storm of guesses costs no database. */
  private readonly locked = new Map<string, number>();

  constructor(private readonly options: TriesOptions) {}

  /**
   * Runs a check of a secret as one try: undefined means that it was wrong. Where it throws, nothing was looked at, and nothing is
   * counted.
   */
  async check<T>(path: TryPath, subject: string, context: RequestContext, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const lockedUntil = await this.guard(path, subject, context);
    let found: T | undefined;
    try {
      found = await look();
    } catch (error) {
      await this.takeBack(path, subject);
      throw error;
    }
    if (found === undefined) {
      this.options.onFailed?.(path, subject, context, lockedUntil);
      await this.failed(path, context);
    } else await this.succeeded(path, subject);
    return found;
  }

  /**
   * Refuses where too many have failed; else counts this one as failed, until `succeeded` or `takeBack` says otherwise. Gives until when
   * the next one is refused; 0: it is not.
   */
  async guard(path: TryPath, subject: string, { origin }: Origin): Promise<number> {
    await this.guardAddress(path, { origin });
    const key = this.subjectKey(path, subject);
    this.refuseLocked(path, key);
    const patience = patienceOf[path];
    const counted = await this.change(key, patience, (tally, now) => {
      // Whoever came before in the line may have been the last.
      this.refuseTally(path, key, tally);
      return failed(tally, now, patience);
    });
    return counted.lockedUntil;
  }

  /** Refuses where too many from this address have failed, whomever they were about. */
  async guardAddress(path: TryPath, { origin }: Origin): Promise<void> {
    if (!origin) return;
    const key = this.addressKey(origin.ip);
    this.refuseLocked(path, key);
    const kept = await this.options.table.find(key);
    if (kept) this.refuseTally(path, key, kept.tally);
  }

  /** It was wrong: counts against the address, as it counts against the subject already. */
  async failed(path: TryPath, { origin }: Origin): Promise<void> {
    metrics.tries.add(1, { path, outcome: 'failed' });
    if (!origin) return;
    await this.change(this.addressKey(origin.ip), patienceWithAddress, (tally, now) => failed(tally, now, patienceWithAddress));
  }

  /** It was right: what failed before is forgotten. The address is not: who knows one password may be guessing another. */
  async succeeded(path: TryPath, subject: string): Promise<void> {
    metrics.tries.add(1, { path, outcome: 'succeeded' });
    const key = this.subjectKey(path, subject);
    this.locked.delete(key);
    await this.options.table.drop(key);
  }

  /** It was not looked at after all. */
  async takeBack(path: TryPath, subject: string): Promise<void> {
    const key = this.subjectKey(path, subject);
    this.locked.delete(key);
    await this.change(key, patienceOf[path], takenBack);
  }

  private refuseTally(path: TryPath, key: string, { lockedUntil }: Tally): void {
    if (lockedUntil <= this.options.clock.now()) return;
    this.locked.set(key, lockedUntil);
    const [oldest] = this.locked.keys();
    if (this.locked.size > maxLocked && oldest !== undefined) this.locked.delete(oldest);
    this.refuseLocked(path, key);
  }

  private refuseLocked(path: TryPath, key: string): void {
    const until = this.locked.get(key);
    if (until === undefined) return;
    const wait = until - this.options.clock.now();
    if (wait <= 0) {
      this.locked.delete(key);
      return;
    }
    metrics.tries.add(1, { path, outcome: 'refused' });
    refuse(tooMany(wait));
  }

  /** One at a time per key in this process; with the others by comparing. */
  private change(key: string, patience: Patience, next: (tally: Tally, now: number) => Tally): Promise<Tally> {
    const { table, clock } = this.options;
    return this.queue.run(key, async () => {
      for (let round = 1; round <= maxRounds; round += 1) {
        const kept = await table.find(key);
        const now = clock.now();
        const tally = next(kept?.tally ?? blank, now);
        if (isBlank(tally, now, patience)) {
          await table.drop(key);
          return tally;
        }
        if (await table.keep(key, tally, forgetAt(tally, patience), kept?.version ?? 0n)) return tally;
      }
      return refuse(tooMany(crowdedMs));
    });
  }

  private subjectKey(path: TryPath, subject: string): string {
    return this.hashed(`${path}\n${subject}`);
  }

  private addressKey(ip: string): string {
    return this.hashed(`address\n${networkOf(ip)}`);
  }

  private hashed(text: string): string {
    return createHmac('sha256', this.options.key).update(text).digest('base64url');
  }
}

const forgetAt = (tally: Tally, { forgetMs }: Patience): number => Math.max(tally.since + tally.failures * forgetMs, tally.lockedUntil);
