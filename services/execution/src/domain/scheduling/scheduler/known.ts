import type { QuotaNode } from '../admission/quota-node.ts';
import type { QuotaTree } from '../admission/quota-tree.ts';
import type { Fleet } from '../placement/fleet.ts';
import { wholeGpu } from '../placement/need.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { Reserved, Wait, WaitReason } from './facts.ts';
import { requestOf } from './restore.ts';
import type { RequestSnapshot } from './snapshot.ts';
import { cpu } from './stock.ts';
import { waitingIn } from './waits.ts';

/** Of somebody who has machines, what is asked of all of them. */
export interface Holder {
  readonly id: string;
  readonly queue: string;
  readonly at: number;
  readonly isBorrowed: boolean;
}

/** What a scheduler knows, for those who ask. Of it nothing is changed. */
export interface Known {
  readonly fleet: Fleet;
  readonly tree: QuotaTree;
  /** The quota tree as it is set. */
  readonly nodes: readonly QuotaNode[];
  /** Of all machines. */
  readonly capacity: Readonly<Record<string, number>>;
  readonly requests: { get(id: string): RequestSnapshot | undefined };
  /** Who has machines. */
  holding(): Iterable<Holder>;
  /** How many wait in each queue. */
  waiting(): ReadonlyMap<string, number>;
  readonly reservations: Pick<ReadonlyMap<string, Reserved>, 'get' | 'size'>;
  /** In the order in which requests are looked at. */
  readonly waits: readonly Wait[];
  /** Why one of these waits; undefined: it does not, or nobody has looked at it yet. */
  readonly reasonOf: (id: string) => WaitReason | undefined;
}

function* holders(entries: Iterable<Entry>): Generator<Holder, undefined> {
  for (const { request, running } of entries) {
    if (running) yield { id: request.id, queue: request.queue, at: running.at, isBorrowed: running.isBorrowed };
  }
}

/** Of all machines, in thousandths. */
export const capacityOf = ({ places }: Fleet): Readonly<Record<string, number>> => {
  const capacity: Record<string, number> = {};
  const add = (resource: string, amount: number): void => {
    capacity[resource] = (capacity[resource] ?? 0) + amount;
  };
  for (const place of places) {
    if (!place) continue;
    for (const model of place.gpuModels) add(model.toLowerCase(), wholeGpu);
    add(cpu, place.cpuMilli);
  }
  return capacity;
};

/** Each request is copied when it is asked for, and no other. */
export const knownOf = (core: Core): Omit<Known, 'waits' | 'reasonOf'> => ({
  fleet: core.cluster.fleet,
  tree: core.tree,
  nodes: core.tree.nodes,
  capacity: core.cluster.capacity,
  requests: {
    get: (id) => {
      const entry = core.entries.get(id);
      return entry && requestOf(entry);
    },
  },
  holding: () => holders(core.runners.all),
  waiting: () => waitingIn(core.queues),
  reservations: { get: (id) => core.entries.get(id)?.reservation ?? undefined, size: core.reservations.size },
});
