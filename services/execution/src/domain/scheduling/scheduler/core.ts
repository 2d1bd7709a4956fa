import { QuotaTree } from '../admission/quota-tree.ts';
import type { Chance } from '../placement/chance.ts';
import { Placer } from '../placement/placer.ts';
import { type PolicyName, policyOf } from '../placement/policies.ts';
import type { FindOptions } from '../placement/wishes.ts';
import { Cluster } from './cluster.ts';
import type { Entry, Hold } from './entry.ts';
import type { Promised } from './facts.ts';
import { FleetNeeds } from './fork.ts';
import type { WhoLeaves } from './leaving.ts';
import { Leftovers } from './leftovers.ts';
import { Admission } from './options.ts';
import { Outlook } from './outlook.ts';
import { orgOf, Queues } from './queues.ts';
import { Ransoms } from './ransoms.ts';
import { Reservations } from './reservations.ts';
import type { WhoIsRipe } from './ripe.ts';
import { Runners } from './runners.ts';
import { Serving } from './serving.ts';
import type { PlacementRules, SchedulerSettings } from './settings.ts';
import { Shapes } from './shape.ts';

/** All that a scheduler knows. */
export class Core {
  readonly cluster: Cluster;
  readonly admission: Admission;
  readonly queues: Queues;
  readonly shapes = new Shapes();
  readonly entries = new Map<string, Entry>();
  readonly reservations = new Reservations((machine) => this.ripe.touch(machine));
  readonly runners: Runners;
  readonly leaving: WhoLeaves;
  readonly ripe: WhoIsRipe;
  readonly ransoms = new Ransoms(this);
  promises: readonly Promised[] = [];
  readonly needs: FleetNeeds;
  readonly serving: Serving;
  readonly outlook: Outlook;
  readonly leftovers: Leftovers;
  private readonly placers = new Map<PolicyName, Placer>();

  constructor(
    public settings: SchedulerSettings,
    private readonly chance: Chance,
    readonly tree = new QuotaTree(settings.halfLifeMs),
  ) {
    this.cluster = new Cluster(this.tree);
    this.runners = new Runners(this.cluster.fleet, this.tree, settings);
    this.leaving = this.runners.leaving;
    this.ripe = this.runners.ripe;
    this.admission = new Admission(this.tree, this.cluster);
    this.queues = new Queues(settings);
    this.needs = new FleetNeeds(this.cluster.fleet);
    this.serving = new Serving(this.cluster, this.needs);
    this.outlook = new Outlook(this, settings.graceMs);
    this.leftovers = new Leftovers(this.outlook, this.ripe);
    this.openPlacers();
  }

  setPlacement(rules: PlacementRules): void {
    this.settings = { ...this.settings, ...rules };
    this.openPlacers();
  }

  policyFor(pool: string | undefined): PolicyName {
    const { pools, policy } = this.settings;
    return (pool === undefined ? undefined : pools[pool]) ?? policy;
  }

  placerFor(pool: string | undefined): Placer {
    return this.placerNamed(this.policyFor(pool));
  }

  get allPlacers(): Iterable<[PolicyName, Placer]> {
    return this.placers;
  }

  /** Promised islands stay within reach. */
  refusals({ request }: Entry): FindOptions {
    if (this.promises.length === 0) return {};
    const owner = { org: orgOf(request.queue), isPreemptible: request.isPreemptible };
    return { refuses: (place, gpus) => this.cluster.islands.wouldBreak(place, gpus, owner) };
  }

  /**
   * A request that has made others make way waits for its room, and does not ask for more: as long as somebody does make way there, and has
   * until its moment for it. Whoever keeps the machine for later has others to wait for.
   */
  isComing({ reservation }: Entry): boolean {
    if (!reservation || this.leaving.size === 0) return false;
    const { at, seats } = reservation;
    const isAwaited = ({ entry }: Hold): boolean => {
      const since = this.leaving.has(entry) ? entry.running?.preemptingAt : null;
      return since != null && since + this.settings.graceMs >= at;
    };
    return seats.some(({ machine }) => this.leaving.isOn(machine) && [...this.cluster.on(machine)].some(isAwaited));
  }

  placerNamed(name: PolicyName): Placer {
    let placer = this.placers.get(name);
    if (!placer) {
      placer = new Placer(this.cluster.fleet, policyOf(name, this.chance));
      // What is asked for does not depend on where it goes: whoever comes later knows what the others have seen.
      const [known] = this.placers.values();
      if (known) placer.expect(known.reading());
      this.placers.set(name, placer);
    }
    return placer;
  }

  private openPlacers(): void {
    const { policy, pools } = this.settings;
    for (const name of new Set([policy, ...Object.values(pools)])) this.placerNamed(name);
  }
}
