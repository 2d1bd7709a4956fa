import type { Amounts } from '../admission/quota-node.ts';
import { membersOnIdle } from '../placement/capacity.ts';
import { haveRoom } from '../placement/domains.ts';
import type { Found, Place } from '../placement/place.ts';
import { acceptsOf } from '../placement/wishes.ts';
import type { Seat } from '../request.ts';
import type { Conflicts } from './conflicts.ts';
import type { Core } from './core.ts';
import type { Entry, Reservation } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { seatOn } from './fork.ts';
import { InVain } from './in-vain.ts';
import { levels, mayDisplace } from './level.ts';
import type { News } from './news.ts';
import type { Option } from './options.ts';
import type { Parking } from './parking.ts';
import { orgOf } from './queues.ts';
import type { Trial } from './trial.ts';

export interface Spot {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly candidates: number;
  readonly score: number;
  readonly isBorrowed: boolean;
  /** Where it was no policy that chose: machines that were kept for it, or what others leave over of theirs. */
  readonly way?: 'reserved' | 'backfilled';
}

export const seatOf = ({ place, gpus, slice }: Found): Seat => ({ machine: place.id, gpus, ...(slice === null ? {} : { slice }) });

type Except = (place: Place) => boolean;

/** Of several choices that is told which is nearest to being had. */
const hopes: readonly WaitReason[] = ['no-machine', 'machine-away', 'closed', 'group', 'all-busy', 'promised', 'held-for-earlier'];
const hopeOf = (reason: WaitReason): number => hopes.indexOf(reason);

/** Looks for machines for requests, one after the other; what it finds counts as taken. */
export class Placing {
  /** No room as things stand within this trial. */
  private readonly roomless = new Map<string, WaitReason>();
  private readonly alike: InVain<WaitReason>;

  constructor(
    private readonly core: Core,
    private readonly parking: Parking,
    private readonly trial: Trial,
    private readonly news: News,
  ) {
    this.alike = new InVain(core, trial.now);
  }

  /** On the machines that it has kept for itself, when they are free. */
  placeReserved(entry: Entry): Spot | null {
    const { reservation } = entry;
    if (!reservation || !this.core.outlook.isDue(reservation, this.trial.now)) return null;
    const { seats, need, choice } = reservation;
    const { refuses } = this.core.refusals(entry);
    if (refuses && seats.some(({ machine, gpus }) => this.isRefused(machine, gpus, refuses))) return null;
    const amounts = seats.map((seat) => this.core.cluster.amountsOf(need, seat.machine, seat.gpus));
    const sum = sumOf(amounts);
    if (this.core.tree.blockedBy(entry.request.queue, sum)) return null;
    return this.settle(entry, { choice, seats, candidates: new Set(seats.map(({ machine }) => machine)).size, score: 0, way: 'reserved' });
  }

  /** Where one of these ways leads; or why none does. */
  place(entry: Entry, options: readonly Option[]): Spot | WaitReason {
    let reason: WaitReason = 'no-machine';
    for (const option of options) {
      const found = this.look(entry, option);
      if (typeof found !== 'string') return this.settle(entry, found);
      if (hopeOf(found) > hopeOf(reason)) reason = found;
    }
    return reason;
  }

  /** What is known not to have room is not looked for again. */
  private look(entry: Entry, option: Option): Omit<Spot, 'isBorrowed'> | WaitReason {
    // Somebody of its group may come to be where nobody was; and what it keeps for itself, others do not find.
    if (option.fit.need.near || entry.reservation) return this.find(entry, option);
    const asked = `/${option.level}${this.core.promises.length > 0 ? orgOf(entry.request.queue) : ''}`;
    const key = `${option.fit.key}${asked}`;
    const known = this.parking.roomlessOf(option, key) ?? this.roomless.get(key);
    if (known !== undefined) return known;
    const room = `${option.fit.room}${asked}`;
    const found = this.alike.get(room, entry) ?? this.find(entry, option);
    if (typeof found !== 'string') return found;
    this.alike.set(room, entry, found);
    if (this.trial.isClean) this.parking.keepRoomless(option, key, found);
    else this.roomless.set(key, found);
    return found;
  }

  private find(entry: Entry, option: Option): Omit<Spot, 'isBorrowed'> | WaitReason {
    const conflicts = this.trial.conflicts(entry);
    const machines = this.news.ofMembers(entry, option);
    if (machines !== null && !this.core.serving.mayBeOn(machines, option.fit)) return this.whyNot(entry, option, conflicts);
    const { avoid } = entry;
    const isReserved: Except = ({ id }) => conflicts.has(id);
    const found =
      (avoid.length > 0 ? this.search(entry, option, (place) => isReserved(place) || avoid.includes(place.id)) : null) ??
      this.search(entry, option, conflicts.areNone ? null : isReserved) ??
      (conflicts.areNone ? null : this.squeeze(entry, option, (machine) => conflicts.on(machine))) ??
      this.displace(entry, option, conflicts);
    return found ?? this.whyNot(entry, option, conflicts);
  }

  private search(entry: Entry, { fit, choice }: Option, except: Except | null): Omit<Spot, 'isBorrowed'> | null {
    const placer = this.core.placerFor(fit.need.pool);
    const found = placer.findGang(fit.need, fit.nodes, { ...(except === null ? {} : { except }), ...this.core.refusals(entry) });
    if (!found) return null;
    const score = found.reduce((sum, { price }) => sum + price, 0);
    return { choice, seats: found.map(seatOf), candidates: found[0]?.candidates ?? 0, score };
  }

  /** On what those leave over whom it would delay there. */
  private squeeze(entry: Entry, { fit, choice, level }: Option, delayedOn: Conflicts['on']): Omit<Spot, 'isBorrowed'> | null {
    if (fit.nodes > 1 || fit.need.near || fit.need.apart) return null;
    // What is left over is no more than what is free.
    if (this.core.placerFor(fit.need.pool).find(fit.need) === null) return null;
    const need = this.core.needs.of(fit.need);
    const { fleet } = this.core.cluster;
    for (const machine of this.keptFor(entry, { fit, choice, level })) {
      const place = fleet.get(machine);
      if (!place || (fit.need.machine ?? machine) !== machine || !fleet.room.mayServe(place.index, need)) continue;
      const delayed = delayedOn(machine);
      const isKept = delayed.length > 0 || this.trial.hasBegunOn(machine);
      const seat = !isKept ? null : seatOn(this.core.leftovers.of(place, delayed), need);
      if (seat && !this.core.refusals(entry).refuses?.(place, seat.gpus))
        return { choice, seats: [seat], candidates: 1, score: 0, way: 'backfilled' };
    }
    return null;
  }

  /** Of those that somebody keeps, those where there may be something for it. */
  private keptFor(entry: Entry, option: Option): readonly string[] {
    const { reservations } = this.core;
    const within = this.news.for(entry, option);
    const { begun } = this.trial;
    if (within !== null)
      return [...within].filter((machine) => reservations.on(machine).length > 0 || this.trial.hasBegunOn(machine)).sort();
    if (begun.size === 0) return reservations.machines;
    const others = [...begun.values()].flatMap(({ seats }) => seats.map(({ machine }) => machine));
    return [...new Set([...reservations.machines, ...others])].sort();
  }

  /** On machines that those of a lower level keep for themselves, where others leave it enough. */
  private displace(entry: Entry, option: Option, conflicts: Conflicts): Omit<Spot, 'isBorrowed'> | null {
    // Nobody else may.
    if (option.level !== levels.guaranteed || conflicts.areNone) return null;
    const isOthers = ({ level }: Reservation): boolean => !mayDisplace(option.level, level);
    const left = this.search(entry, option, ({ id }) => conflicts.has(id, isOthers));
    if (left) return left;
    return this.squeeze(entry, option, (machine) => {
      const all = conflicts.on(machine);
      const others = all.filter(isOthers);
      return others.length < all.length ? others : [];
    });
  }

  private isRefused(machine: string, gpus: readonly number[], refuses: (place: Place, gpus: readonly number[]) => boolean): boolean {
    const place = this.core.cluster.fleet.get(machine);
    return place === undefined || refuses(place, gpus);
  }

  private settle(entry: Entry, spot: Omit<Spot, 'isBorrowed'>): Spot {
    const { queue } = entry.request;
    const { cluster, tree } = this.core;
    const need = entry.shape.ask.choices[spot.choice];
    const all: Amounts[] = [];
    for (const [member, seat] of spot.seats.entries()) {
      if (!need) continue;
      const amounts = cluster.amountsOf(need, seat.machine, seat.gpus);
      all.push(amounts);
      this.trial.take({ entry, member, seat, need, at: this.trial.now, amounts, place: null });
    }
    const amounts = all.length === 1 && all[0] ? all[0] : sumOf(all);
    const isBorrowed = this.core.admission.isFree || !tree.isGuaranteed(queue, amounts);
    this.trial.charge(queue, amounts, 1);
    // Where there are quotas, what is kept for a guarantee counts otherwise than what is held: the round is over then.
    if (spot.way === 'reserved' && this.core.admission.isFree) this.trial.begin(entry);
    else this.trial.unreserve(entry);
    return { ...spot, isBorrowed };
  }

  private whyNot(entry: Entry, { fit }: Option, conflicts: Conflicts): WaitReason {
    const never = this.neverOn(fit);
    if (never) return never;
    const { need } = fit;
    const placer = this.core.placerFor(need.pool);
    if (!conflicts.areNone && placer.findGang(need, fit.nodes, this.core.refusals(entry))) return 'held-for-earlier';
    return this.core.promises.length > 0 && placer.findGang(need, fit.nodes) ? 'promised' : 'all-busy';
  }

  /** Why it would not be placed though nothing else were; null: it would be. */
  private neverOn(fit: Option['fit']): WaitReason | null {
    const never = this.core.serving.neverOf(fit);
    const { need } = fit;
    if (never !== null || !(need.near || need.apart)) return never;
    const { fleet } = this.core.cluster;
    const accepts = acceptsOf(fleet, need, {});
    const fleetNeed = this.core.needs.of(need);
    const isAccepted = (place: Place): boolean => accepts === null || accepts(place);
    const onIdle = (place: Place): number => (place.isOpen && isAccepted(place) ? membersOnIdle(place, fleetNeed) : 0);
    return haveRoom(fleet.places, fit, onIdle) ? null : 'group';
  }
}

export const sumOf = (all: readonly Amounts[]): Amounts => {
  const sum: Record<string, number> = {};
  for (const amounts of all) for (const [resource, amount] of Object.entries(amounts)) sum[resource] = (sum[resource] ?? 0) + amount;
  return sum;
};
