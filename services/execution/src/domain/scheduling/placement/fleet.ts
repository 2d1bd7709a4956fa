import { Changes } from './changes.ts';
import { isShare, type Need, wholeGpu } from './need.ts';
import type { FleetNeed, MachineSize, Place } from './place.ts';
import { RoomColumns } from './room.ts';

const mostModels = 256;
/** Whoever is further behind looks at every place again. */
const changesKept = 65_536;

/** Takes what a need asks for, or gives it back, without a word to anybody. */
export const shift = (sign: 1 | -1, { free }: Place, need: Need, gpus: readonly number[]): void => {
  free.cpuMilli += sign * need.cpuMilli;
  free.memoryMib += sign * need.memoryMib;
  for (const index of gpus) free.gpus[index] = (free.gpus[index] ?? 0) + sign * need.gpuMilli;
};

/** The machines of a cluster and what is free of them, changed by deltas in place: it may have a hundred thousand GPUs. */
export class Fleet {
  /** By index; undefined where a machine has left. */
  readonly places: (Place | undefined)[] = [];
  private readonly byId = new Map<string, Place>();
  private readonly vacant: number[] = [];
  private readonly models = new Map<string, number>();
  /** Which places are not what they were. */
  readonly changes = new Changes(changesKept);
  readonly room = new RoomColumns();

  get(id: string): Place | undefined {
    return this.byId.get(id);
  }

  add(size: MachineSize): Place {
    if (this.byId.has(size.id)) throw new TypeError(`machine ${size.id} is in the fleet already`);
    const index = this.vacant.pop() ?? this.places.length;
    const modelNumbers = Uint8Array.from(size.gpuModels, (model) => this.numberOf(model));
    const [first = 0] = modelNumbers;
    const place: Place = {
      ...size,
      index,
      free: { cpuMilli: size.cpuMilli, memoryMib: size.memoryMib, gpus: new Int16Array(size.gpuModels.length).fill(wholeGpu) },
      modelNumbers,
      onlyModel: modelNumbers.every((model) => model === first) ? first : null,
      isOpen: true,
      revision: 0,
    };
    this.places[index] = place;
    this.changed(place);
    this.byId.set(size.id, place);
    return place;
  }

  remove(place: Place): void {
    const { id, index } = place;
    this.open(place, false);
    this.byId.delete(id);
    this.places[index] = undefined;
    this.vacant.push(index);
  }

  open(place: Place, isOpen: boolean): void {
    place.isOpen = isOpen;
    this.changed(place);
  }

  take(place: Place, need: Need, gpus: readonly number[]): void {
    shift(-1, place, need, gpus);
    this.changed(place);
  }

  release(place: Place, need: Need, gpus: readonly number[]): void {
    shift(1, place, need, gpus);
    this.changed(place);
  }

  needOf(need: Need): FleetNeed {
    const allows = new Uint8Array(mostModels);
    if (need.models === null) allows.fill(1);
    else for (const model of need.models) allows[this.numberOf(model)] = 1;
    return { ...need, allows };
  }

  private changed(place: Place): void {
    this.changes.note(place.index);
    place.revision = this.changes.position;
    if (place.isOpen) this.room.put(place);
    else this.room.close(place.index);
  }

  private numberOf(model: string): number {
    const name = model.toLowerCase();
    const known = this.models.get(name);
    if (known !== undefined) return known;
    if (this.models.size === mostModels) throw new RangeError(`a fleet has at most ${mostModels} models of GPUs`);
    this.models.set(name, this.models.size);
    return this.models.size - 1;
  }
}

/** GPU `index` can serve a share of itself, or all of itself. */
export const canServe = ({ free, modelNumbers }: Place, need: FleetNeed, index: number): boolean =>
  need.allows[modelNumbers[index] ?? 0] === 1 && (free.gpus[index] ?? 0) >= (isShare(need) ? need.gpuMilli : wholeGpu);

/** Puts the first GPUs that can serve the need into `found`, as many as it asks for; false where they are too few. */
export const findGpus = (place: Place, need: FleetNeed, found: number[]): boolean => {
  found.length = 0;
  for (let index = 0; index < place.modelNumbers.length && found.length < need.gpus; index += 1) {
    if (canServe(place, need, index)) found.push(index);
  }
  return found.length === need.gpus;
};
