import type { Amounts } from '../admission/quota-node.ts';
import { gpuMilliOf } from '../placement/need.ts';
import type { PreemptionReason } from '../request.ts';
import type { Core } from './core.ts';
import { costOf } from './cost.ts';
import type { Entry } from './entry.ts';
import { levelOf, levels } from './level.ts';
import type { Option } from './options.ts';
import { orgOf } from './queues.ts';
import type { SchedulerSettings } from './settings.ts';
import { cpu } from './stock.ts';

/** Who wants machines, and by which right. */
export interface Taker {
  readonly entry: Entry;
  readonly option: Option;
  /** What of each resource all of it would hold, if it were that. */
  readonly amounts: ReadonlyMap<string, Amounts>;
}

export const isReady = ({ running, preemptions }: Entry, now: number, { minRunMs, maxPreemptions }: SchedulerSettings): boolean =>
  running !== null && running.preemptingAt === null && preemptions < maxPreemptions && now - running.at >= minRunMs;

/** Who may take whose place at one moment, and what that would cost. */
export class Claims {
  private readonly costs = new Map<Entry, number>();

  constructor(
    private readonly core: Core,
    private readonly now: number,
  ) {}

  private isReady(entry: Entry): boolean {
    return isReady(entry, this.now, this.core.settings);
  }

  /** As `costOf`, computed once. */
  costOf(entry: Entry): number {
    let cost = this.costs.get(entry);
    if (cost === undefined) {
      cost = costOf(entry, this.now);
      this.costs.set(entry, cost);
    }
    return cost;
  }

  hasVictim(taker: Taker): boolean {
    for (const group of this.core.ripe.groupsFor(taker.option.level)) {
      for (const entry of group) {
        if (this.reasonFor(taker, entry) !== null) return true;
        // Those of one group differ in when they began, which matters only where time went back.
        if (this.now >= this.core.ripe.clock) break;
      }
    }
    return false;
  }

  /** Why it may take this one's place; null: it may not. */
  reasonFor({ entry, option, amounts }: Taker, victim: Entry): PreemptionReason | null {
    const { running, request } = victim;
    if (!running || !this.isReady(victim)) return null;
    const isOwn = orgOf(request.queue) === orgOf(entry.request.queue);
    const isStronger = !entry.request.isPreemptible && entry.request.rank >= request.rank;
    // Not from within its guarantee by one that borrows: it could take the place back, and so on for ever.
    const isSafe = !running.isBorrowed && option.level !== levels.guaranteed;
    if (isOwn && request.isPreemptible && isStronger && !isSafe) return 'own-org';
    // What a group or an org is guaranteed is nobody else's; among its own, each part's guarantee counts.
    if (!running.isBorrowed && !this.core.tree.areRelated(entry.request.queue, request.queue)) return null;
    const { tree } = this.core;
    if (option.level === levels.guaranteed) {
      const mayReclaim = this.resourcesOf(victim).some((resource) => {
        const asked = amounts.get(resource);
        return asked !== undefined && tree.mayReclaim(entry.request.queue, asked, request.queue);
      });
      return mayReclaim ? 'reclaim' : null;
    }
    if (!running.isBorrowed || option.level <= levelOf(false, request.isPreemptible)) return null;
    return this.core.admission.isFree || this.isOverGuarantee(victim) ? 'higher-level' : null;
  }

  private isOverGuarantee(victim: Entry): boolean {
    return this.resourcesOf(victim).some((resource) => this.core.tree.isOverGuarantee(victim.request.queue, resource));
  }

  private resourcesOf({ running }: Entry): readonly string[] {
    return [...new Set((running?.holds ?? []).flatMap((hold) => Object.keys(hold?.amounts ?? {})))];
  }

  /** What of each resource all of it would hold, if it were that. */
  amountsOf({ fit: { need, nodes } }: Option): ReadonlyMap<string, Amounts> {
    const { cluster } = this.core;
    const resources = need.gpus === 0 ? [cpu] : (need.models?.map((model) => model.toLowerCase()) ?? cluster.models);
    const amount = nodes * (need.gpus === 0 ? need.cpuMilli : gpuMilliOf(need));
    return new Map(resources.map((resource) => [resource, cluster.one(resource, amount)]));
  }
}
