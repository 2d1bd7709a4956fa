import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { isPassing, isUnitsFault } from './conflict.ts';
import { runPipeline, type Step } from './pipeline.ts';

const commitTimeoutMs = 15_000;
const maxPassingFailures = 3;
/** What was silent for longer may have been forgotten by whatever lies between us and the server. */
const trustedForMs = 30_000;

/** One transaction after another on a connection that it keeps: to borrow one for each would cost a tenth of an append. */
export class CommitLane {
  private readonly pool: pg.Pool;
  private client: pg.PoolClient | undefined;
  private usedAt = 0;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const client = this.trusted() ?? (await this.connect());
      try {
        await runPipeline(client, steps, commitTimeoutMs);
        this.usedAt = performance.now();
        return;
      } catch (error) {
        // After anything else the connection may be on its way out.
        if (!(isUnitsFault(error) || isPassing(error))) this.discard(client);
        if (!isPassing(error) || failures >= maxPassingFailures) throw error;
        await pause(2 ** failures * (5 + Math.random() * 10));
      }
    }
  }

  close(): void {
    if (this.client) this.discard(this.client);
  }

  private trusted(): pg.PoolClient | undefined {
    if (this.client && performance.now() - this.usedAt > trustedForMs) this.discard(this.client);
    return this.client;
  }

  private async connect(): Promise<pg.PoolClient> {
    const client = await this.pool.connect();
    this.client = client;
    this.usedAt = performance.now();
    // Nobody else notices one that falls while nothing is under way.
    for (const event of ['error', 'end'] as const) client.once(event, () => this.discard(client));
    return client;
  }

  private discard(client: pg.PoolClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    client.release(true);
  }
}
