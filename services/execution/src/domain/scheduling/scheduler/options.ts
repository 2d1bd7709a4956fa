import type { QuotaTree } from '../admission/quota-tree.ts';
import type { Need } from '../placement/need.ts';
import { milliOf, resourcesOf } from './asked.ts';
import type { Cluster } from './cluster.ts';
import { type Entry, isEarlier, type Line } from './entry.ts';
import { type Level, levelOf } from './level.ts';
import type { Fit, Shape } from './shape.ts';

/** A way to place a request that its queue's quotas allow. */
export interface Option {
  readonly choice: number;
  readonly fit: Fit;
  readonly level: Level;
}

export interface Options {
  readonly options: readonly Option[];
  /** Nodes of the quota tree with limits that are in the way of others, and the resources. */
  readonly blocked: ReadonlyMap<string, string>;
  /** For others there is no solid ground. */
  readonly isUnsolid: boolean;
}

/** Of its models only these will do; null: all of them. */
const fitOf = (shape: Shape, choice: number, models: readonly string[] | null): Fit | null => {
  const key = `${choice}/${models?.join('|') ?? ''}`;
  const known = shape.fits.get(key);
  if (known) return known;
  const need = shape.ask.choices[choice];
  if (!need) return null;
  const fit: Fit = {
    key: `${shape.id}/${key}`,
    room: `${shape.asked}/${key}`,
    need: models === null ? need : { ...need, models },
    nodes: shape.ask.nodes,
  };
  shape.fits.set(key, fit);
  return fit;
};

/** One for each choice, of whatever models. */
export const fitsOf = (shape: Shape): readonly (Fit | null)[] => shape.ask.choices.map((_, choice) => fitOf(shape, choice, null));

/** Says what the quotas leave to a request. */
export class Admission {
  /** Nobody has a quota: nothing need be asked. */
  isFree = true;
  /** Who has waited too long for a limit: what is given back there is kept for them. */
  readonly keepers = new Map<Line, { readonly entry: Entry; readonly blocked: ReadonlyMap<string, string> }>();

  constructor(
    private readonly tree: QuotaTree,
    private readonly cluster: Cluster,
  ) {}

  optionsOf(entry: Entry, isSolid: boolean): Options {
    const { shape } = entry;
    const options: Option[] = [];
    const blocked = new Map<string, string>();
    let isUnsolid = false;
    for (const [choice, need] of shape.ask.choices.entries()) {
      // Without quotas nobody can take anything back: all ground is solid.
      if (this.isFree) {
        this.push(options, shape, { choice, models: null, isGuaranteed: false });
        continue;
      }
      const models = this.modelsOf(need);
      const allowed = models.filter((model) => this.isWithinLimits(entry, this.amountOf(need, model, shape.ask.nodes), blocked));
      const solid = isSolid ? allowed.filter((model) => this.isSolid(entry, this.amountOf(need, model, shape.ask.nodes))) : allowed;
      isUnsolid ||= solid.length < allowed.length;
      const guaranteed = solid.filter((model) => this.isGuaranteed(entry, this.amountOf(need, model, shape.ask.nodes)));
      const all = (some: readonly string[]): readonly string[] | null => (some.length === models.length ? null : some);
      if (guaranteed.length > 0) this.push(options, shape, { choice, models: all(guaranteed), isGuaranteed: true });
      if (solid.length > guaranteed.length) this.push(options, shape, { choice, models: all(solid), isGuaranteed: false });
    }
    return { options, blocked, isUnsolid };
  }

  /** One of the ways to place it is within the limits, whoever waits for them, and on solid ground where it needs that. */
  hasOption(entry: Entry, isSolid: boolean): boolean {
    if (this.isFree) return true;
    const { choices, nodes } = entry.shape.ask;
    return choices.some((need) =>
      this.modelsOf(need).some((model) => {
        const amounts = this.amountOf(need, model, nodes);
        return this.tree.blockedBy(entry.request.queue, amounts) === null && (!isSolid || this.isSolid(entry, amounts));
      }),
    );
  }

  /** Of the queue and what is above it, those to which something is guaranteed. */
  guaranteesOf(queue: string): readonly string[] {
    return this.tree.pathOf(queue).filter((node) => this.tree.isGuaranteedAnything(node));
  }

  hasGuarantee(queue: string): boolean {
    return this.guaranteesOf(queue).length > 0;
  }

  /** One of the ways to place it is within its guarantee. */
  isWithinGuarantee(entry: Entry): boolean {
    if (this.isFree) return false;
    const { choices, nodes } = entry.shape.ask;
    return choices.some((need) => this.modelsOf(need).some((model) => this.isGuaranteed(entry, this.amountOf(need, model, nodes))));
  }

  private push(options: Option[], shape: Shape, way: { choice: number; models: readonly string[] | null; isGuaranteed: boolean }): void {
    const fit = fitOf(shape, way.choice, way.models);
    if (fit) options.push({ choice: way.choice, fit, level: levelOf(way.isGuaranteed, shape.isPreemptible) });
  }

  private modelsOf(need: Need): readonly string[] {
    return resourcesOf(need, this.cluster.models);
  }

  private amountOf(need: Need, resource: string, nodes: number): Readonly<Record<string, number>> {
    return this.cluster.one(resource, milliOf(need, nodes));
  }

  private isGuaranteed({ request }: Entry, amounts: Readonly<Record<string, number>>): boolean {
    return this.tree.isGuaranteed(request.queue, amounts);
  }

  private isWithinLimits(entry: Entry, amounts: Readonly<Record<string, number>>, blocked: Map<string, string>): boolean {
    const block = this.tree.blockedBy(entry.request.queue, amounts);
    // What is more than a limit alone never fits: nothing is to be kept for it.
    if (block && block.asked <= block.limit) blocked.set(block.node, block.resource);
    return block === null && (this.keepers.size === 0 || !this.isKept(entry, amounts, blocked));
  }

  private isKept(entry: Entry, amounts: Readonly<Record<string, number>>, blocked: Map<string, string>): boolean {
    const path = this.tree.pathOf(entry.request.queue);
    for (const [line, keeper] of this.keepers) {
      if (keeper.entry.line !== line || keeper.entry === entry || isEarlier(entry, keeper.entry)) continue;
      for (const [node, resource] of keeper.blocked) {
        if (!path.includes(node) || (amounts[resource] ?? 0) === 0) continue;
        blocked.set(node, resource);
        return true;
      }
    }
    return false;
  }

  /** Within its own guarantee, or where enough is left for all who have not used theirs. */
  private isSolid(entry: Entry, amounts: Readonly<Record<string, number>>): boolean {
    const { queue } = entry.request;
    if (this.tree.isGuaranteed(queue, amounts)) return true;
    return Object.entries(amounts).every(
      ([resource, amount]) => this.tree.unusedGuarantees(queue, resource) + amount <= this.cluster.freeOf(resource),
    );
  }
}
