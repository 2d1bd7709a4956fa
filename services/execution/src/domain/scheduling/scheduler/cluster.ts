import type { Amounts } from '../admission/quota-node.ts';
import type { QuotaTree } from '../admission/quota-tree.ts';
import { Fleet } from '../placement/fleet.ts';
import { IslandPromises, type Owner } from '../placement/islands.ts';
import { gpuMilliOf, type Need } from '../placement/need.ts';
import type { MachineSize, Place } from '../placement/place.ts';
import type { Entry, Hold } from './entry.ts';
import { Improved } from './improved.ts';
import { orgOf } from './queues.ts';
import type { MachineSnapshot } from './snapshot.ts';
import { cpu, Stock } from './stock.ts';

const ownerOf = ({ request }: Entry): Owner => ({ org: orgOf(request.queue), isPreemptible: request.isPreemptible });

const nobody: ReadonlySet<Hold> = new Set();

/** Machines, and who holds what of them. */
export class Cluster {
  readonly fleet = new Fleet();
  /** Whole groups of GPUs that were promised. */
  readonly islands = new IslandPromises();
  private readonly byMachine = new Map<string, Set<Hold>>();
  private readonly sizes = new Map<string, MachineSize>();
  private readonly closed = new Map<string, readonly number[]>();
  private readonly stock = new Stock();
  private readonly oneAmount = new Map<string, Amounts>();
  /** Grows when somewhere there may be more room than there was. */
  growth = 0;
  /** Machines where there may be more than there was: room, or somebody who may have to make way. */
  readonly improved = new Improved();
  /** Grows when machines come, go or change. */
  edition = 0;

  constructor(private readonly tree: QuotaTree) {}

  /** GPU models that there are, in the order of their names. */
  get models(): readonly string[] {
    return this.stock.models;
  }

  add(size: MachineSize): void {
    this.reckon(size.id, -1);
    const place = this.fleet.add(size);
    this.sizes.set(size.id, size);
    this.count(size, 1);
    // Who was told of before its machine, or has held on while that was away, holds it from now on.
    this.islands.add(place);
    for (const hold of this.on(size.id)) this.occupy(hold, place);
    this.reckon(size.id, 1);
  }

  remove(id: string): void {
    const place = this.fleet.get(id);
    if (!place) return;
    this.reckon(id, -1);
    this.count(place, -1);
    this.sizes.delete(id);
    // When it comes back it tells anew what is broken.
    this.closed.delete(id);
    for (const hold of this.on(id)) this.vacate(hold);
    this.islands.remove(place);
    this.fleet.remove(place);
    this.reckon(id, 1);
  }

  resize(size: MachineSize): void {
    const isOpen = this.fleet.get(size.id)?.isOpen ?? true;
    const closed = this.closed.get(size.id) ?? [];
    this.remove(size.id);
    this.add(size);
    this.closeGpus(size.id, closed);
    if (!isOpen) this.open(size.id, false);
  }

  /** What lies on it only breaks ties: nothing that was found out about it is stale. */
  setWeights(id: string, weights: readonly string[]): void {
    const [place, size] = [this.fleet.get(id), this.sizes.get(id)];
    if (place) place.weights = weights;
    if (size) this.sizes.set(id, { ...size, weights });
  }

  open(id: string, isOpen: boolean): void {
    const place = this.fleet.get(id);
    if (!place || place.isOpen === isOpen) return;
    this.reckon(id, -1);
    this.fleet.open(place, isOpen);
    this.reckon(id, 1);
    this.islands.changed(place);
    this.growth += 1;
    this.edition += 1;
  }

  /** These GPUs of it are closed, and no others. */
  closeGpus(id: string, indexes: readonly number[]): void {
    const place = this.fleet.get(id);
    if (!place) return;
    this.closed.set(id, indexes);
    if (indexes.length === 0) this.closed.delete(id);
    this.reckon(id, -1);
    for (const index of place.gpuModels.keys()) this.fleet.closeGpu(place, index, indexes.includes(index));
    this.islands.changed(place);
    this.growth += 1;
    this.edition += 1;
    this.reckon(id, 1);
  }

  /** Of all machines, in thousandths. */
  get capacity(): Readonly<Record<string, number>> {
    return this.stock.capacity;
  }

  get counts(): { readonly machines: number; readonly open: number } {
    const places = this.fleet.places.filter((place) => place !== undefined);
    return { machines: places.length, open: places.filter(({ isOpen }) => isOpen).length };
  }

  on(machine: string): ReadonlySet<Hold> {
    return this.byMachine.get(machine) ?? nobody;
  }

  /** What a member holds of its queue's quota where it has these GPUs. */
  amountsOf(need: Need, machine: string, gpus: readonly number[]): Amounts {
    if (need.gpus === 0) return this.one(cpu, need.cpuMilli);
    const place = this.fleet.get(machine);
    const models = gpus.map((index) => place?.gpuModels[index]?.toLowerCase() ?? need.models?.[0]?.toLowerCase() ?? 'gpu');
    const [first = 'gpu'] = models;
    if (models.every((model) => model === first)) return this.one(first, gpuMilliOf(need));
    const amounts: Record<string, number> = {};
    for (const model of models) amounts[model] = (amounts[model] ?? 0) + need.gpuMilli;
    return amounts;
  }

  /** One for each resource and amount: there are few, and millions who hold them. */
  one(resource: string, amount: number): Amounts {
    const key = `${amount}/${resource}`;
    let amounts = this.oneAmount.get(key);
    if (!amounts) {
      amounts = { [resource]: amount };
      this.oneAmount.set(key, amounts);
    }
    return amounts;
  }

  take(hold: Hold): void {
    this.enlist(hold);
    this.stock.hold(hold.amounts, 1);
    this.stock.shutAway(hold, this.fleet.get(hold.seat.machine), 1);
  }

  free(hold: Hold): void {
    this.stock.shutAway(hold, this.fleet.get(hold.seat.machine), -1);
    this.strike(hold);
    this.growth += 1;
    this.improved.add(hold.seat.machine);
    this.stock.hold(hold.amounts, -1);
  }

  /** The seat alone, of nobody's account. */
  enlist(hold: Hold): void {
    const { machine } = hold.seat;
    const holds = this.byMachine.get(machine) ?? new Set();
    this.byMachine.set(machine, holds.add(hold));
    const place = this.fleet.get(machine);
    if (place) this.occupy(hold, place);
  }

  strike(hold: Hold): void {
    const { machine } = hold.seat;
    const holds = this.byMachine.get(machine);
    holds?.delete(hold);
    if (holds?.size === 0) this.byMachine.delete(machine);
    this.vacate(hold);
  }

  /** To its queue's account. */
  charge({ entry, amounts }: Hold, sign: 1 | -1, now: number): void {
    this.tree.charge(entry.request.queue, amounts, sign, now);
  }

  /** For a moment: when all is undone, nothing has happened. */
  suppose(queue: string, amounts: Amounts, sign: 1 | -1): void {
    this.tree.suppose(queue, amounts, sign);
    this.stock.hold(amounts, sign);
  }

  /** What of open machines and their open GPUs nobody holds, as the books have it. */
  freeOf(resource: string): number {
    return this.stock.freeOf(resource);
  }

  snapshot(): readonly MachineSnapshot[] {
    return this.fleet.places.flatMap((place): MachineSnapshot[] => {
      if (!place) return [];
      const size = this.sizes.get(place.id);
      return size ? [{ size, isOpen: place.isOpen, closedGpus: this.closed.get(size.id) ?? [] }] : [];
    });
  }

  private occupy(hold: Hold, place: Place): void {
    const { seat, need } = hold;
    // The machine may have come back with fewer GPUs.
    if (seat.gpus.some((index) => index >= place.gpuModels.length || (need.mig !== undefined && !place.mig?.[index]))) return;
    this.fleet.take(place, need, seat.gpus, seat.slice);
    this.islands.take(place, seat.gpus, ownerOf(hold.entry));
    hold.place = place;
  }

  private vacate(hold: Hold): void {
    const { place, need, seat } = hold;
    if (place) {
      this.fleet.release(place, need, seat.gpus, seat.slice);
      this.islands.release(place, seat.gpus, ownerOf(hold.entry));
    }
    hold.place = null;
  }

  private count(size: MachineSize, sign: 1 | -1): void {
    this.edition += 1;
    if (sign > 0) this.growth += 1;
    for (const [resource, amount] of this.stock.count(size, sign)) this.tree.setCapacity(resource, amount);
  }

  /** Takes what a machine adds to what is open and shut out of the books, or puts it in: around every change of it. */
  private reckon(id: string, sign: 1 | -1): void {
    const place = this.fleet.get(id);
    if (place?.isOpen) this.stock.offer(place, sign);
    for (const hold of this.on(id)) this.stock.shutAway(hold, place, sign);
  }
}
