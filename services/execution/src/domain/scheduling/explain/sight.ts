import type { Amounts, QuotaNode } from '../admission/quota-node.ts';
import type { QuotaTree } from '../admission/quota-tree.ts';
import type { Fleet } from '../placement/fleet.ts';
import type { Request } from '../request.ts';
import { milliOf, resourcesOf } from '../scheduler/asked.ts';
import type { Wait } from '../scheduler/facts.ts';
import type { Known } from '../scheduler/known.ts';
import type { SchedulerSettings } from '../scheduler/settings.ts';
import { cpu } from '../scheduler/stock.ts';

/** Why nothing new is placed on a machine. */
export type Away = 'lost' | 'cordoned' | 'unfit';

export interface Around {
  readonly settings: SchedulerSettings;
  /** Of machines that are closed. */
  readonly away: ReadonlyMap<string, Away>;
  readonly now: number;
}

/** The cluster at one moment, arranged for questions. */
export class Sight implements Known, Around {
  readonly fleet: Fleet;
  readonly tree: QuotaTree;
  readonly nodes: readonly QuotaNode[];
  readonly capacity: Readonly<Record<string, number>>;
  readonly requests: Known['requests'];
  readonly holding: Known['holding'];
  readonly waiting: Known['waiting'];
  readonly reservations: Known['reservations'];
  readonly waits: readonly Wait[];
  readonly reasonOf: Known['reasonOf'];
  readonly settings: SchedulerSettings;
  readonly away: ReadonlyMap<string, Away>;
  readonly now: number;
  private readonly byId: ReadonlyMap<string, QuotaNode>;

  constructor(known: Known, { settings, away, now }: Around) {
    this.fleet = known.fleet;
    this.tree = known.tree;
    this.nodes = known.nodes;
    this.capacity = known.capacity;
    this.requests = known.requests;
    this.holding = known.holding;
    this.waiting = known.waiting;
    this.reservations = known.reservations;
    this.waits = known.waits;
    this.reasonOf = known.reasonOf;
    this.settings = settings;
    this.away = away;
    this.now = now;
    this.byId = new Map(known.nodes.map((node) => [node.id, node]));
  }

  /** The queue and all that it stands below, from itself up. */
  pathOf(queue: string): readonly string[] {
    return this.tree.pathOf(queue);
  }

  /** The part of the cluster that it has now, and had, for its weight. */
  shareOf(node: string): number {
    return this.tree.shareOf(node, this.now);
  }

  /** Somebody is guaranteed something. */
  get hasGuarantees(): boolean {
    return this.nodes.some(({ guaranteed }) => Object.values(guaranteed).some((amount) => amount > 0));
  }

  nodeOf(id: string): QuotaNode | undefined {
    return this.byId.get(id);
  }

  /** What it could take of its quota, one for each model that would do. */
  askedAmounts({ ask }: Pick<Request, 'ask'>): readonly Amounts[] {
    const gpuModels = Object.keys(this.capacity).filter((resource) => resource !== cpu);
    return ask.choices.flatMap((need) => resourcesOf(need, gpuModels).map((resource) => ({ [resource]: milliOf(need, ask.nodes) })));
  }
}
