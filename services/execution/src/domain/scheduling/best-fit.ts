import type { catalog, execution } from '@orrery/contracts';
import type { Engine, Placement } from './engine.ts';
import { emptyPicture, evolve, type Picture, type Request } from './picture.ts';
import { couldFit, fitting, isOpen, leftover, missing, type Room, roomOf, shapeOf, take } from './room.ts';
import type { Wait } from './waiting.ts';

const policy = 'best-fit';

interface Candidate {
  readonly room: Room;
  readonly gpuIndexes: readonly number[];
  readonly hasFailed: boolean;
  readonly score: number;
}

/** Least left over first; a machine that failed the request comes after all others; equal ones in the order of their ids. */
const isBetter = (a: Candidate, b: Candidate): boolean => {
  if (a.hasFailed !== b.hasFailed) return b.hasFailed;
  if (a.score !== b.score) return a.score < b.score;
  return a.room.machine.id < b.room.machine.id;
};

/** One decision in the making. */
interface Round {
  /** They shrink as it proposes. */
  readonly rooms: readonly Room[];
  /** Rooms for those who wait longest. */
  readonly kept: Set<Room>;
  /** Shapes for which there is no room, and why: within a decision there will be none. */
  readonly hopeless: Map<string, execution.WaitingReason>;
}

const look = (
  { rooms, kept }: Round,
  { resources, failedOn }: Request,
): { readonly best: Candidate | null; readonly candidates: number } => {
  let best: Candidate | null = null;
  let candidates = 0;
  for (const room of rooms) {
    const gpuIndexes = kept.has(room) ? null : fitting(room, resources);
    if (!gpuIndexes) continue;
    candidates += 1;
    const candidate = { room, gpuIndexes, hasFailed: failedOn.has(room.machine.id), score: leftover(room, resources) };
    if (!best || isBetter(candidate, best)) best = candidate;
  }
  return { best, candidates };
};

/**
 * What waits longest of its shape keeps the machine that is nearest to having room for it: nothing younger is put there.
 * What runs there ends, so room grows until the request fits; small work cannot starve large work.
 */
const keepFor = ({ rooms, kept }: Round, need: catalog.Resources): void => {
  let nearest: { readonly room: Room; readonly distance: number } | null = null;
  for (const room of rooms) {
    if (kept.has(room) || !couldFit(room.machine, need)) continue;
    const distance = missing(room, need);
    const isNearer =
      !nearest || distance < nearest.distance || (distance === nearest.distance && room.machine.id < nearest.room.machine.id);
    if (isNearer) nearest = { room, distance };
  }
  if (nearest) kept.add(nearest.room);
};

/** Asked where no room is left for it that is not kept. */
const whyNot = ({ rooms, kept }: Round, need: catalog.Resources): execution.WaitingReason => {
  if (!rooms.some(({ machine }) => couldFit(machine, need))) return 'no-machine';
  return [...kept].some((room) => fitting(room, need)) ? 'held-for-earlier' : 'all-busy';
};

const place = (round: Round, request: Request): Placement | execution.WaitingReason => {
  const { resources, runId } = request;
  const shape = shapeOf(resources);
  const known = round.hopeless.get(shape);
  if (known) return known;
  const { best, candidates } = look(round, request);
  if (!best) {
    const reason = whyNot(round, resources);
    round.hopeless.set(shape, reason);
    keepFor(round, resources);
    return reason;
  }
  const { room, gpuIndexes, score } = best;
  take(room, resources, gpuIndexes);
  return { runId, workerId: room.machine.id, gpuIndexes, reasons: { policy, candidates, score } };
};

interface Verdict {
  readonly request: Request;
  /** Where it goes, or why nowhere. */
  readonly found: Placement | execution.WaitingReason;
}

/** Looks at the queue from its head. Whoever has heard enough stops listening. */
function* judge({ machines, queue }: Picture, now: number): Generator<Verdict> {
  const rooms = [...machines.values()].filter(isOpen).map(roomOf);
  const round: Round = { rooms, kept: new Set(), hopeless: new Map() };
  for (const request of queue) yield { request, found: request.notBefore > now ? 'retry-later' : place(round, request) };
}

const decide = (picture: Picture, now: number, limit: number): readonly Placement[] => {
  const placements: Placement[] = [];
  for (const { found } of judge(picture, now)) {
    if (typeof found !== 'string') placements.push(found);
    if (placements.length >= limit) break;
  }
  return placements;
};

const waits = (picture: Picture, now: number): readonly Wait[] =>
  [...judge(picture, now)].flatMap(({ request: { runId, told }, found }) =>
    typeof found === 'string' ? [{ runId, reason: found, told }] : [],
  );

/**
 * Places the oldest request first, each where it leaves least unused. A request that has to wait keeps one machine for itself
 * and lets younger ones pass on all others.
 */
export const bestFitEngine = (): Engine => {
  const picture = emptyPicture();
  return {
    apply: (fact) => evolve(picture, fact),
    decide: (now, limit) => decide(picture, now, limit),
    waits: (now) => waits(picture, now),
    dueAt: (now) => {
      const later = picture.queue.map(({ notBefore }) => notBefore).filter((at) => at > now);
      return later.length === 0 ? null : later.reduce((a, b) => Math.min(a, b));
    },
    load: () => ({
      waiting: picture.queue.length,
      placed: picture.requests.size - picture.queue.length,
      workers: picture.machines.size,
      open: [...picture.machines.values()].filter(isOpen).length,
    }),
  };
};
