import type { SharedRedis } from '../../limit/shared-redis.ts';
import { type Entry, turnCall } from './turn.ts';

/** So many at most are judged in one call: longer than a few milliseconds Redis must keep nobody else waiting. */
const mostAtOnce = 64;

/** What the script answered; undefined where there was no answer: then nobody knows whether it ran. */
type Answered = (told: string | undefined) => void;

interface Asked {
  readonly entry: Entry;
  readonly answered: Answered;
}

const isFailed = (told: string): boolean => told.startsWith('!');

/**
 * Asks Redis what requests want of it, all that came up in one turn of the event loop together, for each organization in one call: a call by itself for
 * each costs this process more than everything else about it. It is heard by a function and not by a promise: there are two of these for every request.
 */
export class Turns {
  readonly #redis: SharedRedis;
  readonly #waiting = new Map<string, Asked[]>();

  constructor(redis: SharedRedis) {
    this.#redis = redis;
  }

  ask(orgId: string, entry: Entry, answered: Answered): void {
    if (this.#redis.isAway) {
      answered(undefined);
      return;
    }
    if (this.#waiting.size === 0) setImmediate(() => this.#send());
    const known = this.#waiting.get(orgId);
    if (known === undefined) this.#waiting.set(orgId, [{ entry, answered }]);
    else known.push({ entry, answered });
  }

  #send(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const [orgId, asked] of all) {
      for (let from = 0; from < asked.length; from += mostAtOnce) this.#call(orgId, asked.slice(from, from + mostAtOnce));
    }
  }

  #call(orgId: string, asked: readonly Asked[]): void {
    const { keys, given } = turnCall(
      orgId,
      asked.map(({ entry }) => entry),
    );
    // The script answers a text for each; `run` never fails.
    void this.#redis.run('turn', keys, given).then((told) => this.#hear(asked, told as readonly string[] | undefined));
  }

  #hear(asked: readonly Asked[], told: readonly string[] | undefined): void {
    if (told !== undefined) this.#hearOfFailures(told);
    for (const [index, { answered }] of asked.entries()) {
      const its = told?.[index];
      answered(its === undefined || isFailed(its) ? undefined : its);
    }
  }

  /** What is wrong with some of them is theirs; where none could be judged it is wrong with Redis. */
  #hearOfFailures(told: readonly string[]): void {
    const [first, ...others] = told.filter(isFailed);
    if (first === undefined) return;
    const error = new Error(first);
    if (others.length + 1 === told.length) this.#redis.rest(error);
    else this.#redis.complain(error);
  }
}
