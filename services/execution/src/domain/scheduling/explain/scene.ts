import type { Amounts, QuotaNode } from '../admission/quota-node.ts';
import { QuotaTree } from '../admission/quota-tree.ts';
import { Fleet } from '../placement/fleet.ts';
import { type Need, wholeGpu } from '../placement/need.ts';
import type { Request, Seat } from '../request.ts';
import { milliOf, resourcesOf } from '../scheduler/asked.ts';
import { cpu } from '../scheduler/cluster.ts';
import type { Reserved, Wait } from '../scheduler/facts.ts';
import type { SchedulerSettings } from '../scheduler/settings.ts';
import type { RequestSnapshot, SchedulerSnapshot } from '../scheduler/snapshot.ts';

/** Why nothing new is placed on a machine. */
export type Away = 'lost' | 'cordoned' | 'unfit';

export interface SceneParts {
  readonly snapshot: SchedulerSnapshot;
  /** In the order in which requests are looked at. */
  readonly waits: readonly Wait[];
  readonly settings: SchedulerSettings;
  /** Of machines that are closed. */
  readonly away: ReadonlyMap<string, Away>;
  readonly now: number;
}

/** The cluster as a scheduler saw it at one moment, arranged for questions. Nothing in it changes. */
export class Scene {
  readonly fleet = new Fleet();
  readonly tree: QuotaTree;
  readonly requests: ReadonlyMap<string, RequestSnapshot>;
  readonly reservations: ReadonlyMap<string, Reserved>;
  readonly waits: readonly Wait[];
  readonly settings: SchedulerSettings;
  readonly away: ReadonlyMap<string, Away>;
  readonly now: number;
  readonly capacity: Readonly<Record<string, number>>;
  private readonly nodes: ReadonlyMap<string, QuotaNode>;

  constructor(readonly parts: SceneParts) {
    const { snapshot, waits, settings, away, now } = parts;
    const { usage, requests, reservations } = snapshot;
    this.waits = waits;
    this.settings = settings;
    this.away = away;
    this.now = now;
    this.nodes = new Map(usage.configured.map((node) => [node.id, node]));
    this.requests = new Map(requests.map((each) => [each.request.id, each]));
    this.reservations = new Map(reservations.map((each) => [each.request, each]));
    this.tree = QuotaTree.restore(settings.halfLifeMs, usage);
    this.capacity = this.build(snapshot);
    for (const each of requests) this.hold(each);
  }

  /** The queue and all that it stands below, from itself up. */
  pathOf(queue: string): readonly string[] {
    return this.tree.pathOf(queue);
  }

  /** Those that stand below nothing. */
  rootQueues(): ReadonlySet<string> {
    const queues = [...this.requests.values()].map(({ request }) => this.pathOf(request.queue).at(-1));
    return new Set(queues.filter((queue) => queue !== undefined));
  }

  /** The part of the cluster that it has now, and had, for its weight. */
  shareOf(node: string): number {
    return this.tree.shareOf(node, this.now);
  }

  /** Somebody is guaranteed something. */
  get hasGuarantees(): boolean {
    return [...this.nodes.values()].some(({ guaranteed }) => Object.values(guaranteed).some((amount) => amount > 0));
  }

  nodeOf(id: string): QuotaNode | undefined {
    return this.nodes.get(id);
  }

  /** What it could take of its quota, one for each model that would do. */
  askedAmounts({ ask }: Pick<Request, 'ask'>): readonly Amounts[] {
    const gpuModels = Object.keys(this.capacity).filter((resource) => resource !== cpu);
    return ask.choices.flatMap((need) => resourcesOf(need, gpuModels).map((resource) => ({ [resource]: milliOf(need, ask.nodes) })));
  }

  private build({ machines }: SchedulerSnapshot): Readonly<Record<string, number>> {
    const capacity: Record<string, number> = {};
    const add = (resource: string, amount: number): void => {
      capacity[resource] = (capacity[resource] ?? 0) + amount;
    };
    for (const { size, isOpen, closedGpus } of machines) {
      const place = this.fleet.add(size);
      if (!isOpen) this.fleet.open(place, false);
      for (const index of closedGpus) this.fleet.closeGpu(place, index, true);
      for (const model of size.gpuModels) add(model.toLowerCase(), wholeGpu);
      add(cpu, size.cpuMilli);
    }
    return capacity;
  }

  private hold({ request, placed, vacated }: RequestSnapshot): void {
    const need = placed ? request.ask.choices[placed.choice] : undefined;
    if (!placed || !need) return;
    const gone = new Set(vacated);
    for (const [member, seat] of placed.seats.entries()) if (!gone.has(member)) this.sit(need, seat);
  }

  private sit(need: Need, { machine, gpus, slice }: Seat): void {
    const place = this.fleet.get(machine);
    // It may have left, or come back with fewer GPUs, while somebody still holds it.
    if (!place || gpus.some((index) => index >= place.gpuModels.length)) return;
    this.fleet.take(place, need, gpus, slice ?? null);
  }
}
