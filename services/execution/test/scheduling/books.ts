import type { QuotaNode } from '../../src/domain/scheduling/admission/quota-node.ts';
import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { MachineSize } from '../../src/domain/scheduling/placement/place.ts';
import type { Request, Seat } from '../../src/domain/scheduling/request.ts';

export interface Running {
  readonly request: Request;
  readonly need: Need;
  readonly seats: readonly Seat[];
  readonly at: number;
  readonly isBorrowed: boolean;
  preemptingAt: number | null;
  /** For whom it makes way. */
  taker: string | null;
  /** It ends so long after it should. */
  outlivesMs: number;
}

export interface Machine {
  readonly size: MachineSize;
  isOpen: boolean;
  isHere: boolean;
  closed: readonly number[];
}

/** Kept apart from the scheduler on purpose: what it says is checked, not believed. */
export class Books {
  readonly machines = new Map<string, Machine>();
  readonly waiting = new Map<string, Request>();
  readonly running = new Map<string, Running>();
  readonly preemptions = new Map<string, number>();
  /** Whoever failed a moment ago is not placed again before. */
  readonly notBefore = new Map<string, number>();
  readonly reserved = new Map<string, { readonly at: number; isExcused: boolean }>();
  quotas: readonly QuotaNode[] = [];

  /** Of a queue all above it, itself first. */
  path(queue: string): readonly string[] {
    const path: string[] = [];
    for (let id: string | null = queue; id !== null; ) {
      path.push(id);
      const node: QuotaNode | undefined = this.quotas.find((each) => each.id === id);
      const slash = id.lastIndexOf('/');
      id = node ? node.parent : slash > 0 ? id.slice(0, slash) : null;
    }
    return path;
  }

  used(node: string, resource: string, counts = (_: Running): boolean => true): number {
    let sum = 0;
    for (const running of this.running.values()) {
      if (counts(running) && this.path(running.request.queue).includes(node)) sum += this.heldBy(running, resource);
    }
    return sum;
  }

  /**
   * Nodes below the lowest that is above both decide (decision 0167): one of the taker's keeps all that it asks for within its guarantee, and
   * each of the other's holds more than its own. Who makes way already holds nothing.
   */
  mayReclaim(taker: Request, victim: Running): boolean {
    const [own, others] = [this.path(taker.queue), this.path(victim.request.queue)];
    // What was placed within a guarantee is taken back by nobody but those who share one with it.
    if (!victim.isBorrowed && !own.some((id) => others.includes(id))) return false;
    const spare = (id: string, resource: string): number => {
      const guaranteed = this.quotas.find((node) => node.id === id)?.guaranteed[resource] ?? 0;
      return guaranteed - this.used(id, resource, ({ preemptingAt }) => preemptingAt === null);
    };
    return ['a100', 'h100', 'cpu'].some((resource) => {
      if (this.heldBy(victim, resource) === 0) return false;
      const isWithin = (asked: number): boolean => own.some((id) => !others.includes(id) && spare(id, resource) >= asked);
      const isOver = others.every((id) => own.includes(id) || spare(id, resource) < 0);
      return isOver && taker.ask.choices.some((need) => allows(need, resource) && isWithin(taker.ask.nodes * milliOf(need)));
    });
  }

  /** What is wrong; empty: nothing. */
  faults(): readonly string[] {
    const full = [...this.machines.values()]
      .filter((machine) => this.isOverfull(machine))
      .map(({ size }) => `${size.id} is given more than it has`);
    const beyond = this.quotas.flatMap(({ id, limit }) =>
      Object.entries(limit)
        .filter(([resource, most]) => this.used(id, resource) > most)
        .map(([resource]) => `${id} has more ${resource} than its limit`),
    );
    return [...full, ...beyond];
  }

  private heldBy({ need, seats }: Running, resource: string): number {
    if (need.gpus === 0) return resource === 'cpu' ? seats.length * need.cpuMilli : 0;
    const models = seats.flatMap(({ machine, gpus }) => gpus.map((gpu) => this.machines.get(machine)?.size.gpuModels[gpu]));
    return models.filter((model) => model === resource).length * need.gpuMilli;
  }

  private isOverfull({ size }: Machine): boolean {
    const here = [...this.running.values()].flatMap(({ need, seats }) =>
      seats.filter(({ machine }) => machine === size.id).map(({ gpus }) => ({ need, gpus })),
    );
    const sum = (of: (need: Need) => number): number => here.reduce((all, { need }) => all + of(need), 0);
    const gpus = size.gpuModels.map(() => 0);
    for (const held of here) for (const gpu of held.gpus) gpus[gpu] = (gpus[gpu] ?? Number.POSITIVE_INFINITY) + held.need.gpuMilli;
    const isOver = sum(({ cpuMilli }) => cpuMilli) > size.cpuMilli || sum(({ memoryMib }) => memoryMib) > size.memoryMib;
    return isOver || gpus.some((milli) => milli > 1_000);
  }

  /** Why these seats are none for it; null: they are. */
  faultOf({ ask }: Request, choice: number, seats: readonly Seat[]): string | null {
    const need = ask.choices[choice];
    if (!need || seats.length !== ask.nodes) return 'a part of it';
    if (new Set(seats.map(({ machine }) => machine)).size < seats.length) return 'two of its members on one machine';
    for (const { machine, gpus } of seats) {
      const there = this.machines.get(machine);
      if (!there?.isHere || !there.isOpen) return `${machine} is not open`;
      if (gpus.length !== need.gpus || new Set(gpus).size !== gpus.length) return `${gpus.length} GPUs instead of ${need.gpus}`;
      if (gpus.some((gpu) => there.closed.includes(gpu))) return 'a closed GPU';
      if (need.models && gpus.some((gpu) => !need.models?.includes(there.size.gpuModels[gpu] ?? ''))) return 'a GPU of another model';
    }
    return null;
  }
}

const allows = ({ gpus, models }: Need, resource: string): boolean =>
  gpus === 0 ? resource === 'cpu' : resource !== 'cpu' && (models?.includes(resource) ?? true);

const milliOf = ({ gpus, gpuMilli, cpuMilli }: Need): number => (gpus === 0 ? cpuMilli : gpus * gpuMilli);
