import { execution, instantOf } from '@orrery/contracts';
import type { Request, Seat } from '../request.ts';
import type { Wait } from '../scheduler/facts.ts';
import type { Holder } from '../scheduler/known.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';
import { many, needInWords } from './in-words.ts';
import type { Move } from './moves.ts';
import { type InOrder, type Part, pairOf, partOf, type Window } from './pages.ts';
import { reasonInWords } from './reasons.ts';
import type { Sight } from './sight.ts';

/** Where it stands after that one: what waits moves, and whoever has left since leaves its place. */
const positionAfter = (waits: readonly Wait[], after: string | null): number => {
  if (after === null) return 0;
  const [position = '', id] = pairOf(after);
  const before = Number(position);
  if (waits[before - 1]?.request === id) return before;
  const found = waits.findIndex(({ request }) => request === id);
  return found >= 0 ? found + 1 : before;
};

const deadlineOf = ({ deadlineAt }: Request): execution.QueueItem['deadlineAt'] => (deadlineAt === null ? null : instantOf(deadlineAt));

/** What waits, in the order in which it is looked at. */
export const waitingPage = (scene: Sight, window: Window): Part<execution.QueueItem> => {
  const from = positionAfter(scene.waits, window.after);
  const items = scene.waits.slice(from, from + window.limit);
  const last = items.at(-1);
  return {
    next: last && last.position < scene.waits.length ? `${last.position}/${last.request}` : undefined,
    items: items.flatMap(({ request: id, reason: then, position }) => {
      const known = scene.requests.get(id);
      // It has been placed since.
      if (!known || known.placed) return [];
      const { request } = known;
      const reserved = scene.reservations.get(id);
      const { queue, rank, isPreemptible, ask } = request;
      const reason = scene.reasonOf(id) ?? then;
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

type Begun = Pick<Holder, 'at' | 'id'>;

const byPlacement: InOrder<Begun> = {
  isBefore: (one, other) => (one.at === other.at ? one.id < other.id : one.at < other.at),
  nameOf: ({ at, id }) => `${at}/${id}`,
  named: (name) => {
    const [at, id] = pairOf(name);
    return { at: Number(at), id };
  },
};

/** What has machines, those that got them first before the others. */
export const runningPage = (scene: Sight, window: Window): Part<execution.PlacedItem> => {
  const { items, next } = partOf(scene.holding(), window, byPlacement);
  return {
    next,
    items: items.flatMap(({ id }) => runningItem(scene.requests.get(id)) ?? []),
  };
};

const runningItem = (known: RequestSnapshot | undefined): execution.PlacedItem | undefined => {
  if (!known?.placed) return undefined;
  const { request, placed, vacated } = known;
  return {
    id: request.id,
    queue: request.queue,
    queueName: null,
    rank: request.rank,
    isPreemptible: request.isPreemptible,
    isBorrowed: placed.isBorrowed,
    placedAt: instantOf(placed.at),
    endsAt: instantOf(placed.at + request.limitMs),
    seats: seatsInWords(placed.seats.filter((_, member) => !vacated.includes(member))),
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

const byPath: InOrder<string> = { isBefore: (one, other) => one < other, nameOf: (path) => path, named: (path) => path };

/** Every node of the quota tree that is set or whose work waits or has machines, by its path. */
export const quotaUsePage = (scene: Sight, window: Window): Part<execution.QuotaUse> => {
  const waiting = new Map<string, number>();
  const nodes = new Set(scene.nodes.map(({ id }) => id));
  const note = (queue: string, count: number): void => {
    for (const node of scene.pathOf(queue)) {
      nodes.add(node);
      if (count > 0) waiting.set(node, (waiting.get(node) ?? 0) + count);
    }
  };
  for (const [queue, count] of scene.waiting()) note(queue, count);
  for (const queue of new Set([...scene.holding()].map((holder) => holder.queue))) note(queue, 0);
  const { items, next } = partOf(nodes, window, byPath);
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

/** The root of the quota tree. */
const all = '';

const usedBy = ({ tree, capacity }: Sight, node: string): execution.Amounts =>
  Object.fromEntries(
    Object.keys(capacity)
      .map((resource) => [resource, tree.usedBy(node, resource)] as const)
      .filter(([, used]) => used > 0),
  );

/** The cluster in a few numbers. */
export const summaryOf = (scene: Sight): execution.QueueSummary => {
  let [running, borrowed] = [0, 0];
  for (const { isBorrowed } of scene.holding()) {
    running += 1;
    if (isBorrowed) borrowed += 1;
  }
  const places = scene.fleet.places.filter((place) => place !== undefined);
  return {
    asOf: instantOf(scene.now),
    waiting: scene.waits.length,
    running,
    borrowed,
    reservations: scene.reservations.size,
    machines: places.length,
    openMachines: places.filter(({ isOpen }) => isOpen).length,
    capacityMilli: { ...scene.capacity },
    usedMilli: usedBy(scene, all),
  };
};
