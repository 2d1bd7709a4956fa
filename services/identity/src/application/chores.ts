import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { repeat } from '@orrery/kernel';

export interface Chore {
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

/** What must be done now and then as long as the service runs; each chore one at a time. */
export class Chores implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly over = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly chores: readonly Chore[],
    private readonly failed: (error: unknown) => void,
  ) {}

  onApplicationBootstrap(): void {
    const { signal } = this.over;
    this.running = Promise.all(this.chores.map(({ everyMs, work }) => repeat(work, { everyMs, signal, failed: this.failed })));
  }

  async onApplicationShutdown(): Promise<void> {
    this.over.abort();
    await this.running;
  }
}
