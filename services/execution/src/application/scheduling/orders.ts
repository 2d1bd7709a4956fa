import { systemClock } from '@orrery/kernel';
import type { Consulted } from '../../domain/scheduling/explain/consulted.ts';
import type { Wait } from '../../domain/scheduling/scheduler/facts.ts';
import { TimeSlice } from './time-slice.ts';

/** What was found out is told to whoever asks within this time: askers come in flocks. */
export const freshMs = 1_000;
/** … and for so many times as long as it took: questions take a small part of the scheduler's time, however many there are. */
export const restFactor = 20;

/** The order in which all are looked at that wait: found in small pieces, between which the scheduler goes on, and told to all who ask meanwhile. */
export class Orders {
  private last: { readonly waits: readonly Wait[]; readonly staleAt: number } | undefined;
  private search: Promise<readonly Wait[]> | undefined;

  constructor(private readonly scheduler: Pick<Consulted, 'order'>) {}

  async find(): Promise<readonly Wait[]> {
    if (this.last && systemClock.now() < this.last.staleAt) return this.last.waits;
    this.search ??= this.seek().finally(() => {
      this.search = undefined;
    });
    return await this.search;
  }

  private async seek(): Promise<readonly Wait[]> {
    const turns = new TimeSlice(Number.POSITIVE_INFINITY);
    const steps = this.scheduler.order(systemClock.now());
    let workedMs = 0;
    for (;;) {
      const began = performance.now();
      const { done, value } = steps.next();
      workedMs += performance.now() - began;
      if (!done) {
        await turns.rest();
        continue;
      }
      this.last = { waits: value, staleAt: systemClock.now() + Math.max(freshMs, restFactor * workedMs) };
      return value;
    }
  }
}
