import type { Amounts } from '../admission/quota-node.ts';
import type { MachineSize, Place } from '../placement/place.ts';
import type { Hold } from './entry.ts';

export const cpu = 'cpu';

type Tally = Map<string, number>;

/** The resources of a machine, in thousandths. */
const resourcesOf = ({ cpuMilli, gpuModels }: MachineSize): ReadonlyMap<string, number> => {
  const result = new Map([[cpu, cpuMilli]]);
  for (const model of gpuModels) result.set(model.toLowerCase(), (result.get(model.toLowerCase()) ?? 0) + 1_000);
  return result;
};

const add = (tally: Tally, resource: string, amount: number): void => {
  tally.set(resource, (tally.get(resource) ?? 0) + amount);
};

/** What there is of each resource, and what is left of it, in thousandths. */
export class Stock {
  /** Of all machines, and of those that are open, without GPUs that are closed. */
  private readonly all: Tally = new Map();
  private readonly open: Tally = new Map();
  private readonly held: Tally = new Map();
  /** Of what is held, that on machines and GPUs that are closed: it is none of what open ones have. */
  private readonly shut: Tally = new Map();

  /** Asked for with every look at a quota; null: it has changed since. */
  private known: readonly string[] | null = null;

  /** GPU models that there are, in the order of their names. */
  get models(): readonly string[] {
    this.known ??= [...this.all].flatMap(([resource, amount]) => (resource !== cpu && amount > 0 ? [resource] : [])).sort();
    return this.known;
  }

  /** Of all machines. */
  get capacity(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.all].filter(([, amount]) => amount > 0));
  }

  /** Returns how much there is, with it or without it, of what it has. */
  count(size: MachineSize, sign: 1 | -1): readonly (readonly [string, number])[] {
    this.known = null;
    return [...resourcesOf(size)].map(([resource, amount]) => {
      add(this.all, resource, sign * amount);
      return [resource, this.all.get(resource) ?? 0];
    });
  }

  /** An open machine. */
  offer(place: Place, sign: 1 | -1): void {
    const gpuModels = place.gpuModels.filter((_, index) => !place.closed?.has(index));
    for (const [resource, amount] of resourcesOf({ ...place, gpuModels })) add(this.open, resource, sign * amount);
  }

  hold(amounts: Amounts, sign: 1 | -1): void {
    for (const [resource, amount] of Object.entries(amounts)) add(this.held, resource, sign * amount);
  }

  /** Of what somebody holds, that which nobody else could have if it were free. */
  shutAway({ seat, need, amounts }: Hold, place: Place | undefined, sign: 1 | -1): void {
    if (!place?.isOpen) {
      for (const [resource, amount] of Object.entries(amounts)) add(this.shut, resource, sign * amount);
      return;
    }
    for (const gpu of seat.gpus) {
      if (place.closed?.has(gpu)) add(this.shut, place.gpuModels[gpu]?.toLowerCase() ?? 'gpu', sign * need.gpuMilli);
    }
  }

  /** What of open machines and their open GPUs nobody holds, as the books have it. */
  freeOf(resource: string): number {
    return (this.open.get(resource) ?? 0) + (this.shut.get(resource) ?? 0) - (this.held.get(resource) ?? 0);
  }
}
