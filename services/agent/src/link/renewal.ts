import { execution } from '@orrery/contracts';
import { pause, pauseOf } from '@orrery/kernel';
import { ServiceUnavailable } from '@orrery/messaging/light';
import type { Log } from '@orrery/telemetry';
import { z } from 'zod';
import { keepMembership, type Membership } from './membership.ts';
import type { Platform } from './platform.ts';

export interface RenewalOptions {
  readonly platform: Platform;
  readonly membership: Membership;
  readonly stateDirectory: string;
  readonly log: Log;
}

/** Credentials are renewed when this share of their life is over: two more tries of a whole share may fail. */
const share = 1 / 3;
/** Found at the start, nobody knows for how long they still hold. */
const soonMs = 60_000;
const longestPauseMs = 86_400_000;

const Claims = z.object({ iat: z.number(), exp: z.number().optional() });

/**
 * For how long credentials hold from when they are made. Both moments are of the platform's clock, and what is counted from then on is
 * this machine's own time: its clock may show whatever it likes.
 */
export const lifeMsOf = (creds: string): number => {
  const [, token = ''] = /-{3,}BEGIN NATS USER JWT-{3,}\s+(\S+)/.exec(creds) ?? [];
  const [, claims = ''] = token.split('.');
  const { iat, exp } = Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')));
  return exp === undefined ? Number.POSITIVE_INFINITY : (exp - iat) * 1_000;
};

const between = (least: number, most: number): number => least + Math.random() * (most - least);

/** Gets new credentials long before those that are there expire, and comes back to the bus with them. */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  start(): void {
    const { natsCreds } = this.#options.membership;
    // A bus that asks for no credentials, or a membership without an end.
    const lifeMs = natsCreds === null ? Number.POSITIVE_INFINITY : lifeMsOf(natsCreds);
    if (Number.isFinite(lifeMs)) this.#running = this.#run(lifeMs);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(firstLifeMs: number): Promise<void> {
    const { signal } = this.#stopped;
    let lifeMs = firstLifeMs;
    let failures = 0;
    let wait = between(0, Math.min(soonMs, lifeMs * share));
    while (Number.isFinite(lifeMs) && !signal.aborted) {
      await pause(Math.min(wait, longestPauseMs), signal);
      if (signal.aborted) return;
      try {
        lifeMs = await this.#renew();
        failures = 0;
        wait = lifeMs * share * between(0.8, 1.2);
      } catch (err) {
        failures += 1;
        wait = pauseOf(failures, { firstMs: Math.min(1_000, lifeMs / 20), longestMs: Math.min(soonMs, lifeMs / 20) });
        const level = err instanceof ServiceUnavailable ? 'debug' : 'warn';
        this.#options.log[level]({ err }, 'the credentials of this machine could not be renewed yet');
      }
    }
  }

  /** For how long the new ones hold. */
  async #renew(): Promise<number> {
    const { platform, membership, stateDirectory, log } = this.#options;
    const outcome = await platform.ask(execution.RenewWorker, {});
    if (!outcome.accepted) throw new Error(`the platform renews no credentials for this machine: ${outcome.rejection.code}`);
    const { natsCreds } = outcome.value;
    if (natsCreds === null) return Number.POSITIVE_INFINITY;
    await keepMembership(stateDirectory, { ...membership, natsCreds });
    await platform.connected().reenter();
    log.info({ lastsSeconds: lifeMsOf(natsCreds) / 1_000 }, 'renewed the credentials of this machine');
    return lifeMsOf(natsCreds);
  }
}
