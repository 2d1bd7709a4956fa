import { execution, instantOf } from '@orrery/contracts';
import type { Request, Seat } from '../request.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';
import { many, needInWords } from './in-words.ts';
import type { Move } from './moves.ts';
import { reasonInWords } from './reasons.ts';
import type { Sight } from './sight.ts';

export interface Window {
  readonly limit: number;
  /** So many are left out. */
  readonly after: number;
}

interface Part<T> {
  readonly items: readonly T[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: number | undefined;
}

const partOf = <T>(all: readonly T[], { limit, after }: Window): Part<T> => ({
  items: all.slice(after, after + limit),
  next: after + limit < all.length ? after + limit : undefined,
});

const deadlineOf = ({ deadlineAt }: Request): execution.QueueItem['deadlineAt'] => (deadlineAt === null ? null : instantOf(deadlineAt));

/** What waits, in the order in which it is looked at. */
export const waitingPage = (scene: Sight, window: Window): Part<execution.QueueItem> => {
  const { items, next } = partOf(scene.waits, window);
  return {
    next,
    items: items.flatMap(({ request: id, reason, position }) => {
      const known = scene.requests.get(id);
      // It has been placed since.
      if (!known || known.placed) return [];
      const { request } = known;
      const reserved = scene.reservations.get(id);
      const { queue, rank, isPreemptible, ask } = request;
      return [
        {
          id,
          queue,
          queueName: null,
          position,
          reason,
          message: reasonInWords(reason, request),
          rank,
          isPreemptible,
          nodes: ask.nodes,
          asks: ask.choices.map(needInWords),
          timeLimitSeconds: Math.round(request.limitMs / 1_000),
          submittedAt: instantOf(request.submittedAt),
          deadlineAt: deadlineOf(request),
          reservedAt: reserved ? instantOf(reserved.at) : null,
        },
      ];
    }),
  };
};

type Holding = RequestSnapshot & { readonly placed: NonNullable<RequestSnapshot['placed']> };
const isHolding = (known: RequestSnapshot): known is Holding => known.placed !== null;

/** What has machines, those that got them first before the others. */
export const runningPage = (scene: Sight, window: Window): Part<execution.PlacedItem> => {
  const holding = [...scene.requests.values()].filter(isHolding);
  holding.sort((a, b) => a.placed.at - b.placed.at || (a.request.id < b.request.id ? -1 : 1));
  const { items, next } = partOf(holding, window);
  return {
    next,
    items: items.map(({ request, placed, vacated }) => ({
      id: request.id,
      queue: request.queue,
      queueName: null,
      rank: request.rank,
      isPreemptible: request.isPreemptible,
      isBorrowed: placed.isBorrowed,
      placedAt: instantOf(placed.at),
      endsAt: instantOf(placed.at + request.limitMs),
      seats: seatsInWords(placed.seats.filter((_, member) => !vacated.includes(member))),
    })),
  };
};

const seatsInWords = (seats: readonly Seat[]): execution.PlacedItem['seats'] =>
  seats.map(({ machine, gpus }) => ({ workerId: execution.WorkerId.parse(machine), workerName: null, gpuIndexes: [...gpus] }));

/** What an operator could do so that something starts. */
export const proposalOf = (scene: Sight, admits: string, moves: readonly Move[]): execution.ProposedMoves => {
  const queueOf = (id: string): string => scene.requests.get(id)?.request.queue ?? '';
  return {
    admits,
    queue: queueOf(admits),
    queueName: null,
    message: `It would start now if ${many(moves.length, 'preemptible request')} started again elsewhere, where there is room for each.`,
    moves: moves.map(({ request, from, to }) => ({
      id: request,
      queue: queueOf(request),
      queueName: null,
      from: seatsInWords(from),
      to: seatsInWords(to),
    })),
  };
};

/** Every node of the quota tree that is set or whose work waits or has machines, by its path. */
export const quotaUsePage = (scene: Sight, window: Window): Part<execution.QuotaUse> => {
  const waiting = new Map<string, number>();
  const byQueue = new Map<string, number>();
  for (const { queue } of scene.waits) byQueue.set(queue, (byQueue.get(queue) ?? 0) + 1);
  for (const [queue, count] of byQueue) for (const node of scene.pathOf(queue)) waiting.set(node, (waiting.get(node) ?? 0) + count);
  const nodes = new Set([...scene.nodes.map(({ id }) => id), ...[...scene.queues()].flatMap((queue) => scene.pathOf(queue))]);
  const { items, next } = partOf([...nodes].sort(), window);
  return {
    next,
    items: items.map((id) => {
      const { parent = null, weight = 1, guaranteed = {}, limit = {} } = scene.nodeOf(id) ?? {};
      return {
        node: id,
        nodeName: null,
        parent: scene.nodeOf(id) ? parent : (scene.pathOf(id)[1] ?? null),
        weight,
        usedMilli: usedBy(scene, id),
        guaranteedMilli: { ...guaranteed },
        limitMilli: { ...limit },
        share: scene.shareOf(id),
        waiting: waiting.get(id) ?? 0,
      };
    }),
  };
};

const usedBy = ({ tree, capacity }: Sight, node: string): execution.Amounts =>
  Object.fromEntries(
    Object.keys(capacity)
      .map((resource) => [resource, tree.usedBy(node, resource)] as const)
      .filter(([, used]) => used > 0),
  );

/** The cluster in a few numbers. */
export const summaryOf = (scene: Sight): execution.QueueSummary => {
  const known = [...scene.requests.values()];
  const holding = known.filter(isHolding);
  const places = scene.fleet.places.filter((place) => place !== undefined);
  const usedMilli: Record<string, number> = {};
  for (const node of scene.rootQueues()) {
    for (const [resource, used] of Object.entries(usedBy(scene, node))) usedMilli[resource] = (usedMilli[resource] ?? 0) + used;
  }
  return {
    asOf: instantOf(scene.now),
    waiting: scene.waits.length,
    running: holding.length,
    borrowed: holding.filter(({ placed }) => placed.isBorrowed).length,
    reservations: scene.reservations.size,
    machines: places.length,
    openMachines: places.filter(({ isOpen }) => isOpen).length,
    capacityMilli: { ...scene.capacity },
    usedMilli,
  };
};
