import { membersOnEmpty } from './capacity.ts';
import { Changes } from './changes.ts';
import { haveRoom } from './domains.ts';
import { Groups } from './groups.ts';
import { Kinds, mostKinds } from './kinds.ts';
import { bitsOf, profileOf } from './mig.ts';
import { isShare, type Need, wholeGpu } from './need.ts';
import { Order } from './order.ts';
import type { FleetNeed, MachineSize, Place } from './place.ts';
import { RoomColumns } from './room.ts';

/** Whoever is further behind looks at every place again. */
const changesKept = 65_536;

/** Takes what a need asks for, or gives it back. */
const shift = (
  sign: 1 | -1,
  { free, closed }: Place,
  need: Pick<Need, 'cpuMilli' | 'memoryMib' | 'gpuMilli'>,
  gpus: readonly number[],
): void => {
  free.cpuMilli += sign * need.cpuMilli;
  free.memoryMib += sign * need.memoryMib;
  for (let at = 0; at < gpus.length; at += 1) {
    const index = gpus[at] ?? 0;
    const hidden = closed?.get(index);
    if (hidden === undefined) free.gpus[index] = (free.gpus[index] ?? 0) + sign * need.gpuMilli;
    else closed?.set(index, hidden + sign * need.gpuMilli);
  }
};

const noGpus: readonly number[] = [];

const shiftSlice = (sign: 1 | -1, place: Place, need: Need, at: { readonly gpu: number; readonly start: number }): void => {
  shift(sign, place, need, noGpus);
  const family = place.mig?.[at.gpu];
  const profile = family && need.mig !== undefined ? profileOf(family, need.mig) : null;
  if (!profile || !place.slices) throw new TypeError(`GPU ${at.gpu} of machine ${place.id} has no slices of ${need.mig}`);
  const taken = place.slices[at.gpu] ?? 0;
  place.slices[at.gpu] = sign < 0 ? taken | bitsOf(profile, at.start) : taken & ~bitsOf(profile, at.start);
};

/** As `shift`, and for slices of GPUs in MIG mode too. */
export const shiftSeat = (
  sign: 1 | -1,
  place: Place,
  need: Need,
  { gpus, slice }: { readonly gpus: readonly number[]; readonly slice?: number | null },
): void => {
  if (need.mig === undefined) shift(sign, place, need, gpus);
  else shiftSlice(sign, place, need, { gpu: gpus[0] ?? 0, start: slice ?? 0 });
};

const suitsOf = ({ labels, pool }: Need): FleetNeed['suits'] => {
  const pairs = Object.entries(labels ?? {});
  if (pairs.length === 0 && pool === undefined) return null;
  return (place) => (pool === undefined || place.pool === pool) && pairs.every(([name, value]) => place.labels?.[name] === value);
};

const isUnlike = ({ pricePerHour, islands = [] }: MachineSize): boolean => pricePerHour !== undefined || new Set(islands).size > 1;

/** The machines of a cluster and what is free of them, changed by deltas in place: it may have a hundred thousand GPUs. */
export class Fleet {
  /** By index; undefined where a machine has left. */
  readonly places: (Place | undefined)[] = [];
  private readonly byId = new Map<string, Place>();
  private readonly vacant: number[] = [];
  private readonly kinds = new Kinds();
  private readonly shapes = new Map<string, number>();
  /** Which places are not what they were. */
  readonly changes = new Changes(changesKept);
  readonly room = new RoomColumns();
  readonly groups = new Groups();
  readonly order = new Order();
  /** Machines with a price, or with several NVLink islands: where there are any, places of nearly one price are not the same. */
  private unlike = 0;

  private racked = 0;

  /** Somebody said of a machine which rack it is in. */
  get hasRacks(): boolean {
    return this.racked > 0;
  }

  get hasTies(): boolean {
    return this.unlike > 0;
  }

  /** How many kinds of GPUs it knows: a need that was made when they were fewer has to be renewed. */
  get kindCount(): number {
    return this.kinds.count;
  }

  get shapeCount(): number {
    return this.shapes.size;
  }

  get(id: string): Place | undefined {
    return this.byId.get(id);
  }

  add(size: MachineSize): Place {
    if (this.byId.has(size.id)) throw new TypeError(`machine ${size.id} is in the fleet already`);
    const { gpuModels, gpuMemoryMib = [], mig = [] } = size;
    const isSliced = (at: number): boolean => typeof mig[at] === 'string';
    const kinds = Uint8Array.from(gpuModels, (model, at) =>
      this.kinds.numberOf({ model, memoryMib: gpuMemoryMib[at] ?? 0, mig: mig[at] ?? null }),
    );
    const [first = 0] = kinds;
    const place: Place = {
      ...size,
      index: this.vacant.pop() ?? this.places.length,
      free: {
        cpuMilli: size.cpuMilli,
        memoryMib: size.memoryMib,
        gpus: Int16Array.from(gpuModels, (_, at) => (isSliced(at) ? 0 : wholeGpu)),
      },
      slices: gpuModels.some((_, at) => isSliced(at)) ? new Uint8Array(gpuModels.length) : null,
      kinds,
      onlyKind: kinds.every((kind) => kind === first) ? first : null,
      shape: this.shapeOf(size),
      held: 0,
      closed: null,
      isOpen: true,
      revision: 0,
    };
    this.places[place.index] = place;
    this.order.add(size.id, place.index);
    this.changed(place);
    this.byId.set(size.id, place);
    this.unlike += Number(isUnlike(place));
    this.racked += Number(place.rack !== undefined);
    return place;
  }

  /** What is still held there may be released later: it is nobody's business any more. */
  remove(place: Place): void {
    const { id, index } = place;
    this.open(place, false);
    this.order.remove(id);
    this.byId.delete(id);
    this.unlike -= Number(isUnlike(place));
    this.racked -= Number(place.rack !== undefined);
    this.places[index] = undefined;
    this.vacant.push(index);
  }

  open(place: Place, isOpen: boolean): void {
    place.isOpen = isOpen;
    this.changed(place);
  }

  /** A GPU that nobody may use. Whoever holds it keeps it, and what is released of it comes back when it is opened. */
  closeGpu(place: Place, index: number, isClosed: boolean): void {
    const hidden = place.closed?.get(index);
    if (isClosed === (hidden !== undefined) || index >= place.kinds.length) return;
    place.closed ??= new Map();
    if (hidden === undefined) place.closed.set(index, place.free.gpus[index] ?? 0);
    else place.closed.delete(index);
    place.free.gpus[index] = hidden ?? 0;
    if (place.closed.size === 0) place.closed = null;
    this.changed(place);
  }

  /** `slice`: where the slice of a GPU in MIG mode begins, as it was found. */
  take(place: Place, need: Need, gpus: readonly number[], slice: number | null = null): void {
    this.shift(-1, place, need, { gpus, slice });
  }

  release(place: Place, need: Need, gpus: readonly number[], slice: number | null = null): void {
    this.shift(1, place, need, { gpus, slice });
  }

  /** So many members with this need would have room if nothing else were anywhere and every machine were in order. */
  mayEverServe(asked: Need, nodes = 1): boolean {
    const need = this.needOf(asked);
    return haveRoom(this.places, { need: asked, nodes }, (place) => membersOnEmpty(place, need));
  }

  needOf(asked: Need): FleetNeed {
    const { cpuMilli, memoryMib, gpus, gpuMilli, mig = null } = asked;
    const allows = new Uint8Array(mostKinds);
    this.kinds.mark(allows, asked);
    return { asked, cpuMilli, memoryMib, gpus, gpuMilli, isShare: isShare(asked), allows, mig, suits: suitsOf(asked) };
  }

  /** For kinds that came after it. */
  renew({ allows, asked }: FleetNeed): void {
    this.kinds.mark(allows, asked);
  }

  private shift(
    sign: 1 | -1,
    place: Place,
    need: Need,
    { gpus, slice }: { readonly gpus: readonly number[]; readonly slice: number | null },
  ): void {
    shiftSeat(sign, place, need, { gpus, slice });
    if (need.group !== undefined) this.groups.shift(need.group, place, sign === -1 ? 1 : -1);
    place.held -= sign;
    this.changed(place);
  }

  /** Machines of one shape are alike, but for what is on them and who may go there. */
  private shapeOf({ cpuMilli, memoryMib, gpuModels, gpuMemoryMib, mig }: MachineSize): number {
    const key = JSON.stringify([cpuMilli, memoryMib, gpuModels, gpuMemoryMib, mig]);
    const known = this.shapes.get(key) ?? this.shapes.size;
    this.shapes.set(key, known);
    return known;
  }

  private changed(place: Place): void {
    if (this.places[place.index] !== place) return;
    this.changes.note(place.index);
    place.revision = this.changes.position;
    if (place.isOpen) this.room.put(place);
    else this.room.close(place);
  }
}

/** GPU `index` can serve a share of itself, or all of itself. */
export const canServe = ({ free, kinds }: Place, need: FleetNeed, index: number): boolean =>
  need.allows[kinds[index] ?? 0] === 1 && (free.gpus[index] ?? 0) >= (need.isShare ? need.gpuMilli : wholeGpu);
