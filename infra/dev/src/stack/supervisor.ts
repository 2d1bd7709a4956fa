import type { Server } from '@orrery/servers';
import { terminal } from '../terminal.ts';

const lookEveryMs = 500;
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** After this long in good health a process is forgiven its former ends. */
const forgivenAfterMs = 60_000;

interface Ward {
  readonly server: Pick<Server, 'isRunning' | 'restart'>;
  pauseMs: number;
  notBefore: number;
  startedAt: number;
  isRestarting: boolean;
}

/** Starts again what ended by itself, with growing pauses, so that one machine needs nobody who watches it. */
export class Supervisor {
  private readonly wards = new Map<string, Ward>();
  private readonly timer: NodeJS.Timeout;
  private restarting = new Set<Promise<void>>();

  constructor() {
    this.timer = setInterval(() => this.look(), lookEveryMs);
  }

  watch(name: string, server: Ward['server']): void {
    this.wards.set(name, { server, pauseMs: firstPauseMs, notBefore: 0, startedAt: Date.now(), isRestarting: false });
  }

  /** Whoever is stopped or restarted on purpose must not be raised meanwhile. */
  unwatch(name: string): void {
    this.wards.delete(name);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.wards.clear();
    await Promise.all(this.restarting);
  }

  private look(): void {
    for (const [name, ward] of this.wards) {
      if (ward.isRestarting || ward.server.isRunning() || Date.now() < ward.notBefore) continue;
      const work = this.raise(name, ward).finally(() => this.restarting.delete(work));
      this.restarting.add(work);
    }
  }

  private async raise(name: string, ward: Ward): Promise<void> {
    ward.isRestarting = true;
    if (Date.now() - ward.startedAt > forgivenAfterMs) ward.pauseMs = firstPauseMs;
    terminal.warning(`${name} ended by itself; starting it again`);
    try {
      await ward.server.restart();
      terminal.note(`${name} is back`);
    } catch (error) {
      terminal.failed(error instanceof Error ? error.message : String(error));
    }
    ward.startedAt = Date.now();
    ward.notBefore = Date.now() + ward.pauseMs;
    ward.pauseMs = Math.min(ward.pauseMs * 2, longestPauseMs);
    ward.isRestarting = false;
  }
}
