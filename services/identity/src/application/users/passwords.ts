import type { RequestContext } from '@orrery/contracts';
import { nextTurn, systemClock } from '@orrery/kernel';
import { networkOf, Refused } from '@orrery/messaging';
import { FairLine } from './fair-line.ts';
import type { HashingThreads } from './hashing-threads.ts';
import { hashPassword, isHashOf } from './password-hashes.ts';

export interface PasswordLimits {
  /** How many are hashed side by side; each takes a thread and 19 MiB. */
  readonly atOnce: number;
  /** How many may wait. */
  readonly waiting: number;
}

/** Who asks, and until when anybody waits for the answer. */
type Asker = Pick<RequestContext, 'origin' | 'deadlineAt'>;

interface Waiting {
  readonly from: string;
  readonly call: () => void;
  readonly sendAway: () => void;
}

/** What is left of the deadline when the turn comes must do for the work itself, and for what follows it. */
const workMs = 1_500;
/** Nobody is let into a line in which the wait is longer: an answer that comes too late was work for nothing, and asked for again. */
const longestWaitMs = 2_000;

const shortestMs = 1_000;
/** Whoever is asked to come later than this does not believe it. */
const longestMs = 30_000;
/**
 * How long a place rests after each, as a part of what that one took: where a storm of log-ins lasts, a core that never rests keeps from
 * the others even at the lowest priority what comes with a core, its cache among it, and databases beside us know nothing of priorities.
 */
const restPart = 1;
/** Of how much the last one counts in the average. */
const weight = 0.1;

/**
 * Hashes passwords, a bounded number at a time, everybody in turn. When too many wait, or nobody would wait for the
 * answer any more, it refuses with `TooManyHashes`, which the contract of the operation must list: better to say so at once.
 */
export class Passwords {
  private running = 0;
  /** For how long one takes a place, on average and in milliseconds. */
  private usualMs = 50;
  /** When the last of those is to come again who were sent away. */
  private calledAt = 0;
  private readonly line: FairLine<Waiting>;
  /** Compared with when there is no such person, so that the answer takes the same time. */
  private readonly decoy: Promise<string>;

  constructor(
    private readonly threads: HashingThreads,
    private readonly limits: PasswordLimits,
  ) {
    this.line = new FairLine(() => Math.min(limits.waiting, Math.ceil((longestWaitMs * limits.atOnce) / this.usualMs)));
    this.decoy = hashPassword(threads, 'nobody has this password');
  }

  /** Refuses at once where there would be no room: before anything else is done for whoever asks. */
  assertRoom({ origin }: Asker): void {
    if (this.running >= this.limits.atOnce && !this.line.takes(networkOf(origin?.ip ?? ''))) throw this.tooMany();
  }

  hash(password: string, asker: Asker): Promise<string> {
    return this.inTurn(() => hashPassword(this.threads, password), asker);
  }

  async isCorrect(password: string, passwordHash: string | undefined, asker: Asker): Promise<boolean> {
    const against = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(() => isHashOf(this.threads, against, password), asker);
    return matches && passwordHash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>, asker: Asker): Promise<T> {
    if (this.running < this.limits.atOnce) this.running += 1;
    else await this.turn(asker);
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const tookMs = performance.now() - startedAt;
      const restMs = restPart * tookMs;
      this.usualMs += weight * (tookMs + restMs - this.usualMs);
      setTimeout(() => this.giveOn(), restMs).unref();
    }
  }

  private giveOn(): void {
    const next = this.line.shift();
    // Whoever is called takes the place over: it is never free in between.
    if (next) next.call();
    else this.running -= 1;
  }

  /** Come again after all who wait here, and after all who were sent away before: together they would only be sent away together. */
  private tooMany(): Refused {
    const every = this.usualMs / this.limits.atOnce;
    const now = systemClock.now();
    const soonest = now + Math.max(shortestMs, this.line.size * every);
    this.calledAt = nextTurn(this.calledAt, { soonest, every, latest: now + longestMs });
    return new Refused({ code: 'TooManyHashes', details: { retryAfterMs: Math.round(this.calledAt - now) } });
  }

  /** Resolves when it is the asker's turn; refuses where that would be too late. */
  private turn({ origin, deadlineAt }: Asker): Promise<void> {
    return new Promise((resolve, reject) => {
      const from = networkOf(origin?.ip ?? '');
      const settle = (answer: () => void) => (): void => {
        clearTimeout(timer);
        answer();
      };
      const away = settle(() => reject(this.tooMany()));
      const waiting: Waiting = { from, call: settle(resolve), sendAway: away };
      const timer = setTimeout(
        () => {
          this.line.remove(from, waiting);
          away();
        },
        Math.max(0, deadlineAt - workMs - systemClock.now()),
      );
      this.line.push(from, waiting)?.sendAway();
    });
  }
}
