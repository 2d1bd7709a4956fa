import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { repeat } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import type pg from 'pg';
import { forgetAgentKeys, removedKeys } from './agent-keys.ts';
import { Revoker } from './revoker.ts';

export interface RevocationParts {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly natsUrl: string;
  /** Path of what the bus takes revocations from; absent: credentials of machines that were removed last as long as they last. */
  readonly revoker: string | undefined;
}

const lookEveryMs = 30_000;

/** Keeps the bus from letting in machines that were removed: at once, and again when its servers have forgotten it. */
export class Revocations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly parts: RevocationParts;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private revoker: Revoker | undefined;
  /** What the bus was told last; undefined where it may have forgotten. */
  private told: string | undefined = '';
  private telling: Promise<void> = Promise.resolve();

  constructor(parts: RevocationParts) {
    this.parts = parts;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { natsUrl, revoker: path, log } = this.parts;
    if (path === undefined) return;
    this.revoker = await Revoker.open(natsUrl, path);
    // It may have been started again, and knows what its configuration says.
    this.revoker.bus.line.link.onUp(() => {
      this.told = undefined;
      void this.look();
    });
    this.told = undefined;
    const { signal } = this.stopped;
    const failed = (err: unknown): void => log.warn({ err }, 'keys of machines could not be forgotten');
    this.running = repeat(() => this.tend(), { everyMs: lookEveryMs, signal, failed });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
    await this.telling;
    await this.revoker?.close();
  }

  /** Tells the bus who was removed, where it does not know yet. One at a time; what fails is tried again at the next look. */
  look(): Promise<void> {
    this.telling = this.telling
      .then(() => this.tell())
      .catch((err: unknown) => {
        this.parts.log.warn({ err }, 'the bus could not be told which machines were removed');
      });
    return this.telling;
  }

  private async tend(): Promise<void> {
    await this.look();
    await forgetAgentKeys(this.parts.pool);
  }

  private async tell(): Promise<void> {
    if (!this.revoker?.bus.isConnected) return;
    const keys = await removedKeys(this.parts.pool);
    const now = keys.join();
    if (this.told === now) return;
    if (keys.length > 0 || (this.told ?? '') !== '') await this.revoker.revoke(keys);
    this.told = now;
  }
}
