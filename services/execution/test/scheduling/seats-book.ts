import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { MachineSize } from '../../src/domain/scheduling/placement/place.ts';
import type { Request, Seat } from '../../src/domain/scheduling/request.ts';

const whole = 1_000;

/** Who sits where, kept apart from the engine on purpose: what it says is checked, not believed. */
export class SeatsBook {
  private readonly machines = new Map<string, MachineSize>();
  private readonly taken = new Map<string, { readonly milli: number; readonly seats: readonly Seat[] }>();

  join(machine: MachineSize): void {
    this.machines.set(machine.id, machine);
  }

  take({ id, ask }: Request, choice: number, seats: readonly Seat[]): void {
    const need = ask.choices[choice];
    if (!need) throw new Error(`${id} has no choice ${choice}`);
    if (seats.length !== ask.nodes) throw new Error(`${id} has ${seats.length} seats for its ${ask.nodes} members`);
    if (new Set(seats.map(({ machine }) => machine)).size < seats.length) throw new Error(`two members of ${id} are on one machine`);
    if (this.taken.has(id)) throw new Error(`${id} has machines already`);
    for (const seat of seats) this.check(id, need, seat);
    this.taken.set(id, { milli: need.gpuMilli, seats });
    for (const { machine, gpus } of seats) {
      for (const gpu of gpus)
        if (this.used(machine, gpu) > whole) throw new Error(`GPU ${gpu} of ${machine} is given twice, last to ${id}`);
    }
  }

  leave(id: string): void {
    if (!this.taken.delete(id)) throw new Error(`${id} gave back what it did not have`);
  }

  machinesOf(id: string): readonly string[] {
    return (this.taken.get(id)?.seats ?? []).map(({ machine }) => machine);
  }

  private check(id: string, { gpus, models, machine: pinned }: Need, seat: Seat): void {
    const there = this.machines.get(seat.machine)?.gpuModels ?? [];
    if (new Set(seat.gpus).size !== gpus) throw new Error(`${id} asked for ${gpus} GPUs and got ${seat.gpus.join()}`);
    if (pinned !== undefined && pinned !== seat.machine) throw new Error(`${id} is pinned to ${pinned} and got ${seat.machine}`);
    const others = seat.gpus.filter((gpu) => models !== null && !models.includes(there[gpu] ?? ''));
    if (others.length > 0) throw new Error(`GPU ${others.join()} of ${seat.machine} is not what ${id} asked for`);
  }

  private used(machine: string, gpu: number): number {
    let sum = 0;
    for (const { milli, seats } of this.taken.values()) {
      for (const seat of seats) if (seat.machine === machine && seat.gpus.includes(gpu)) sum += milli;
    }
    return sum;
  }
}
