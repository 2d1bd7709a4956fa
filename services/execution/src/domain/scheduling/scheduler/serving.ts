import { membersOnEmpty, membersOnIdle } from '../placement/capacity.ts';
import { haveRoom } from '../placement/domains.ts';
import { withoutRacks } from '../placement/need.ts';
import type { FleetNeed, Place } from '../placement/place.ts';
import type { Cluster } from './cluster.ts';
import type { WaitReason } from './facts.ts';
import type { FleetNeeds } from './fork.ts';
import type { Fit } from './shape.ts';

/** There may be as many needs as requests: beyond so many all is forgotten. */
const mostKept = 1_024;

/** What holds of a need whatever runs: it changes only when machines come, go or change. */
class PerFleet<T> {
  private readonly known = new Map<string, T>();
  private edition = -1;

  constructor(
    private readonly cluster: Cluster,
    private readonly find: (fit: Fit) => T,
  ) {}

  of(fit: Fit): T {
    if (this.edition !== this.cluster.edition || this.known.size >= mostKept) this.known.clear();
    this.edition = this.cluster.edition;
    const known = this.known.get(fit.room);
    if (known !== undefined) return known;
    const found = this.find(fit);
    this.known.set(fit.room, found);
    return found;
  }
}

/** Which machines could serve a need if nothing were on them. */
export class Serving {
  private readonly open: PerFleet<Int32Array>;
  private readonly never: PerFleet<WaitReason | null>;

  constructor(
    private readonly cluster: Cluster,
    private readonly needs: FleetNeeds,
  ) {
    this.open = new PerFleet(cluster, (fit) => this.findOpen(fit));
    this.never = new PerFleet(cluster, (fit) => this.findNever(fit));
  }

  /** The indexes of open ones with room for a member of it. */
  indexesOf(fit: Fit): Int32Array {
    return this.open.of(fit);
  }

  /** One of these has room for one member of it, as far as can be seen without a look at its GPUs. */
  mayBeOn(machines: Iterable<string>, { need: asked }: Fit): boolean {
    const { fleet } = this.cluster;
    const need = this.needs.of(asked);
    for (const machine of machines) {
      const place = fleet.get(machine);
      if (place && fleet.room.mayServe(place.index, need)) return true;
    }
    return false;
  }

  /** Why it would not be placed though nothing else were; null: it would be, as far as it is not for where others of a group are. */
  neverOf(fit: Fit): WaitReason | null {
    return this.never.of(fit);
  }

  /** Whatever is raised, ends or returns: none of its choices could ever be had with the machines that there are. */
  isHopeless(fits: readonly (Fit | null)[]): boolean {
    return fits.every((fit) => fit !== null && this.neverOf(fit) === 'no-machine');
  }

  private findOpen({ need }: Fit): Int32Array {
    const fleetNeed = this.needs.of(need);
    const { places } = this.cluster.fleet;
    return Int32Array.from(
      [...places.keys()].filter((index) => {
        const place = places[index];
        return place?.isOpen && membersOnIdle(place, fleetNeed) > 0;
      }),
    );
  }

  /** No machine has room for a member when it is empty: those of one shape are alike, so that few have to be asked. */
  private isTooMuchFor(need: FleetNeed): boolean {
    // Who may go there is each machine's own.
    if (need.suits !== null) return false;
    const { places, shapeCount } = this.cluster.fleet;
    const seen = new Uint8Array(shapeCount);
    return places.every((place) => {
      if (!place || seen[place.shape] === 1) return true;
      seen[place.shape] = 1;
      return membersOnEmpty(place, need) === 0;
    });
  }

  private findNever(fit: Fit): WaitReason | null {
    const { need } = fit;
    const { fleet } = this.cluster;
    const pinned = need.machine === undefined ? null : fleet.get(need.machine);
    if (pinned === undefined) return 'machine-away';
    const places = pinned ? [pinned] : fleet.places;
    const fleetNeed = this.needs.of(need);
    if (!pinned && this.isTooMuchFor(fleetNeed)) return 'no-machine';
    if (haveRoom(places, fit, (place) => (place.isOpen ? membersOnIdle(place, fleetNeed) : 0))) return null;
    const onEmpty = (place: Place): number => membersOnEmpty(place, fleetNeed);
    if (!haveRoom(places, fit, onEmpty)) return haveRoom(places, { ...fit, need: withoutRacks(need) }, onEmpty) ? 'group' : 'no-machine';
    return pinned && !pinned.isOpen ? 'machine-away' : 'closed';
  }
}
