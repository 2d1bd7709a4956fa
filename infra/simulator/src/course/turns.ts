import type { Request } from '@orrery/execution/scheduling';
import { Agenda } from './agenda.ts';

/** Who came first in each queue, classes of priority counted as waiting time: to tell who was let pass. */
export class Turns {
  private readonly queues = new Map<string, Agenda<string>>();
  private readonly waiting = new Set<string>();

  constructor(private readonly ageingMs: number) {}

  wait({ id, queue, submittedAt, rank }: Request): void {
    let turns = this.queues.get(queue);
    if (!turns) {
      turns = new Agenda();
      this.queues.set(queue, turns);
    }
    turns.put(submittedAt - rank * this.ageingMs, 0, id);
    this.waiting.add(id);
  }

  leave(id: string): void {
    this.waiting.delete(id);
  }

  /** Somebody of its queue who came before it and still waits; null: nobody does. */
  earlierThan({ id, queue, submittedAt, rank }: Request): string | null {
    const turns = this.queues.get(queue);
    for (let first = turns?.first; turns && first !== undefined; first = turns.first) {
      if (!this.waiting.has(first)) turns.take();
      else return first === id || turns.nextAt === submittedAt - rank * this.ageingMs ? null : first;
    }
    return null;
  }
}
