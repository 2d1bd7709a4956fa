import type { OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';

/** What the threads can do, by the name of the function in `hashing-thread.mjs`. */
export interface Work {
  readonly hash: { readonly wish: { readonly password: string; readonly cost: Cost }; readonly result: string };
  readonly verify: { readonly wish: { readonly password: string; readonly passwordHash: string }; readonly result: boolean };
  readonly derive: { readonly wish: Derivation; readonly result: Uint8Array };
}

export interface Cost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

interface Derivation {
  readonly password: string;
  readonly salt: string;
  readonly rounds: number;
  readonly keyBytes: number;
}

/** A thread that has been at one thing for so long is ended, and another takes its place. */
const longestMs = 10_000;
const closeMs = 3_000;

/**
 * Threads of our own for what takes the time of a whole core, below all others in priority: whoever logs in takes what those who are logged
 * in leave. In the pool of Node they would compete as equals. Work fails with the thread that does it, and the next goes to a new thread.
 */
export class HashingThreads implements OnApplicationShutdown {
  private readonly pool: Piscina;

  constructor(count: number, onFault: (error: unknown) => void) {
    this.pool = new Piscina({
      filename: new URL('./hashing-thread.mjs', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      maxQueue: count,
      closeTimeout: closeMs,
      // They need nothing of what the process was told, neither secrets nor telemetry.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32 },
      recordTiming: false,
    });
    this.pool.on('error', onFault);
  }

  run<N extends keyof Work>(name: N, wish: Work[N]['wish']): Promise<Work[N]['result']> {
    return this.pool.run(wish, { name, signal: AbortSignal.timeout(longestMs) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
