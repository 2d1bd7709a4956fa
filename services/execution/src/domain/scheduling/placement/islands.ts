import type { Place } from './place.ts';
import { Supply } from './supply.ts';

/** An operator's word: so many whole islands of at least `size` GPUs of a model are to be had for an organization. */
export interface IslandPromise {
  readonly org: string;
  readonly model: string;
  readonly size: number;
  readonly count: number;
}

export interface Owner {
  readonly org: string;
  readonly isPreemptible: boolean;
}

interface Island {
  /** Null where its GPUs differ: nobody is promised such a one. */
  readonly model: string | null;
  /** How many of its GPUs may be used. */
  usable: number;
  /** How often each organization holds a GPU of it with work that cannot be preempted. */
  readonly holders: Map<string, number>;
}

/** The islands of a machine by their numbers; a machine of which nobody told them is one. */
type Islands = Map<number, Island>;

const islandAt = ({ islands }: Place, gpu: number): number => islands?.[gpu] ?? 0;

const usableOf = (place: Place, number: number): number =>
  place.isOpen ? [...place.gpuModels.keys()].filter((gpu) => islandAt(place, gpu) === number && !place.closed?.has(gpu)).length : 0;

const modelOf = (place: Place, number: number): string | null => {
  const models = new Set<string>();
  for (const [gpu, model] of place.gpuModels.entries()) {
    // A GPU in MIG mode is no whole one.
    if (islandAt(place, gpu) === number) models.add(place.mig?.[gpu] ? '' : model.toLowerCase());
  }
  const [only = ''] = models;
  return models.size === 1 && only !== '' ? only : null;
};

const holderOf = ({ holders }: Island): string | null | undefined => {
  const [first = null] = holders.keys();
  return holders.size > 1 ? undefined : first;
};

/**
 * Keeps a typed guarantee: whole islands stay reachable for those to whom they are promised. An island counts for an organization
 * while nobody else has work on it that cannot be preempted; what it does not hold yet must be there among the islands that nobody
 * holds. It is about GPUs: who would keep CPU and memory too promises machines by a pool.
 * Source: Zhao et al., "HiveD: Sharing a GPU Cluster for Deep Learning with Guarantees", OSDI 2020, with islands as its cells.
 */
export class IslandPromises {
  private readonly places = new Map<Place, Islands>();
  private supplies = new Map<string, Supply>();

  set(promises: readonly IslandPromise[]): void {
    const models = new Set(promises.map(({ model }) => model.toLowerCase()));
    const of = (model: string): readonly IslandPromise[] => promises.filter((each) => each.model.toLowerCase() === model);
    this.supplies = new Map([...models].map((model) => [model, new Supply(of(model))]));
    for (const islands of this.places.values()) for (const island of islands.values()) this.count(island, 1);
  }

  add(place: Place): void {
    const islands: Islands = new Map();
    for (const gpu of place.gpuModels.keys()) {
      const number = islandAt(place, gpu);
      if (islands.has(number)) continue;
      const island = { model: modelOf(place, number), usable: usableOf(place, number), holders: new Map() };
      islands.set(number, island);
      this.count(island, 1);
    }
    this.places.set(place, islands);
  }

  remove(place: Place): void {
    for (const island of this.places.get(place)?.values() ?? []) this.count(island, -1);
    this.places.delete(place);
  }

  /** It was opened or closed, or GPUs of it were. */
  changed(place: Place): void {
    for (const [number, island] of this.places.get(place) ?? []) {
      this.count(island, -1);
      island.usable = usableOf(place, number);
      this.count(island, 1);
    }
  }

  take(place: Place, gpus: readonly number[], owner: Owner): void {
    if (!owner.isPreemptible) for (const gpu of gpus) this.hold(place, gpu, owner.org, 1);
  }

  release(place: Place, gpus: readonly number[], owner: Owner): void {
    if (!owner.isPreemptible) for (const gpu of gpus) this.hold(place, gpu, owner.org, -1);
  }

  /** With it on those GPUs more of what is promised would be out of reach than now. */
  wouldBreak(place: Place, gpus: readonly number[], owner: Owner): boolean {
    if (owner.isPreemptible || this.supplies.size === 0) return false;
    const models = new Set(gpus.map((gpu) => this.islandOf(place, gpu)?.model ?? ''));
    const supplies = [...models].flatMap((model) => this.supplies.get(model) ?? []);
    if (supplies.length === 0) return false;
    const before = supplies.map((supply) => supply.missing());
    this.take(place, gpus, owner);
    const isWorse = supplies.some((supply, at) => supply.missing() > (before[at] ?? 0));
    this.release(place, gpus, owner);
    return isWorse;
  }

  private islandOf(place: Place, gpu: number): Island | undefined {
    return this.places.get(place)?.get(islandAt(place, gpu));
  }

  private hold(place: Place, gpu: number, org: string, by: 1 | -1): void {
    const island = this.islandOf(place, gpu);
    if (!island) return;
    const count = (island.holders.get(org) ?? 0) + by;
    const isSame = count > 0 && island.holders.has(org);
    if (!isSame) this.count(island, -1);
    if (count > 0) island.holders.set(org, count);
    else island.holders.delete(org);
    if (!isSame) this.count(island, 1);
  }

  private count(island: Island, by: 1 | -1): void {
    const holder = holderOf(island);
    if (island.model !== null && holder !== undefined) this.supplies.get(island.model)?.count(island.usable, holder, by);
  }
}
