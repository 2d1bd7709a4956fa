import type { Decision } from '../request.ts';
import type { Core } from './core.ts';
import { type Entry, isEarlier, isPressing, type Line } from './entry.ts';
import type { Wait, WaitReason } from './facts.ts';
import type { Standing } from './fair-turns.ts';
import { Heap } from './heap.ts';
import { levels } from './level.ts';

/** Those of a line that are in one group, from a step on. */
interface Cursor {
  readonly line: Line;
  /** Who stood there when the order was asked for. */
  readonly all: readonly Entry[];
  readonly entry: Entry;
  readonly step: number;
  /** 0: its time is up; 1: within its guarantee; 2: by fair share. */
  readonly group: 0 | 1 | 2;
  /** Of its queue, by fair share; in the other groups 0 before 1. */
  readonly rank: number;
}

const isBefore = (one: Cursor, other: Cursor): boolean => {
  if (one.group !== other.group) return one.group < other.group;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return isEarlier(one.entry, other.entry);
};

/** After so many steps whoever takes them may rest. */
const stride = 256;

/** A queue, and what decides when its turn is. */
interface Ranked {
  readonly queue: string;
  readonly standing: Standing;
}

const comesBefore = ({ standing: one }: Ranked, { standing: other }: Ranked): boolean => {
  for (const [depth, { id, share }] of one.entries()) {
    const there = other[depth];
    if (!there) break;
    if (share !== there.share) return share < there.share;
    if (id !== there.id) return id < there.id;
  }
  return false;
};

/** Of each queue how many go before it by fair share. */
function* ranksOf({ queues, tree }: Core, now: number): Generator<void, ReadonlyMap<string, number>> {
  const ranked: Ranked[] = [];
  // What is held may change between two steps: each node's share is looked at once, so that they have one order.
  const shares = new Map<string, number>();
  for (const queue of queues.leaves.keys()) {
    const standing = tree.standing(queue, now).map(({ id, share }) => {
      const known = shares.get(id) ?? share;
      if (id !== '') shares.set(id, known);
      return { id, share: known };
    });
    if (ranked.push({ queue, standing }) % stride === 0) yield;
  }
  const heap = new Heap(comesBefore, ranked);
  const ranks = new Map<string, number>();
  for (let next = heap.pop(); next; next = heap.pop()) {
    ranks.set(next.queue, ranks.size);
    if (ranks.size % stride === 0) yield;
  }
  return ranks;
}

interface Moment {
  readonly now: number;
  readonly ranks: ReadonlyMap<string, number>;
  /** What was found out of one of a queue and a shape holds for all of them. */
  readonly guaranteed: Map<Line, boolean>;
}

const isGuaranteed = ({ admission }: Core, { guaranteed }: Moment, entry: Entry): boolean => {
  const { line } = entry;
  const known = line && guaranteed.get(line);
  if (known !== null && known !== undefined) return known;
  const is = admission.isWithinGuarantee(entry);
  if (line) guaranteed.set(line, is);
  return is;
};

/** The next one of a line who still stands there. */
const cursorOf = (core: Core, { line, all, step }: Pick<Cursor, 'line' | 'all' | 'step'>, at: Moment): Cursor | null => {
  let next = step;
  while (next < all.length && all[next]?.line !== line) next += 1;
  const entry = all[next];
  if (!entry) return null;
  const isFirst = isPressing(entry, at.now, core.settings.overdueMs);
  const group = isFirst ? 0 : isGuaranteed(core, at, entry) ? 1 : 2;
  const isKept = group === 1 && entry.reservation?.level === levels.guaranteed;
  const rank = group === 2 ? (at.ranks.get(line.leaf.queue) ?? at.ranks.size) : Number(!isKept);
  return { entry, line, all, step: next + 1, group, rank };
};

/** What was found out of its line when that was last looked at; null: nobody has looked. */
export const reasonFor = (core: Core, entry: Entry, { reason }: Line): WaitReason | null => {
  // Room is made for one of them, and those that are like it are told of themselves.
  if (core.isComing(entry)) return 'preempting';
  return reason === 'preempting' ? 'all-busy' : reason;
};

const reasonOf = (core: Core, { entry, line }: Cursor): WaitReason =>
  reasonFor(core, entry, line) ?? (entry.reservation ? 'held-for-earlier' : 'all-busy');

const waitOf = ({ request: { id, queue } }: Entry, reason: WaitReason, position: number): Wait => ({
  request: id,
  queue,
  reason,
  position,
});

interface Asked {
  readonly now: number;
  readonly limit: number;
  readonly decisions: readonly Decision[];
}

/**
 * Who waits, in the order in which they are looked at while nobody gets anything, and why. There may be a hundred thousand: facts may be told
 * between two steps. Who has left by then is left out, and who came need not be in it.
 */
export function* waitsInSteps(core: Core, { now, limit, decisions }: Asked): Generator<void, readonly Wait[]> {
  const gone = new Set(decisions.flatMap((each) => (each.kind === 'place' || each.kind === 'expire' ? [each.request] : [])));
  const at: Moment = { now, ranks: yield* ranksOf(core, now), guaranteed: new Map() };
  const heap = new Heap(isBefore, yield* firstOf(core, at));
  const waits: Wait[] = [];
  for (let cursor = heap.pop(), steps = 1; cursor && waits.length < limit; cursor = heap.pop(), steps += 1) {
    const { entry, line } = cursor;
    if (entry.line === line && !gone.has(entry.request.id)) waits.push(waitOf(entry, reasonOf(core, cursor), waits.length + 1));
    const next = cursorOf(core, cursor, at);
    if (next) heap.push(next);
    if (steps % stride === 0) yield;
  }
  for (const entry of [...core.queues.asleep].sort((a, b) => (isEarlier(a, b) ? -1 : 1))) {
    if (waits.length < limit) waits.push(waitOf(entry, 'retry-later', waits.length + 1));
  }
  return waits;
}

/** Where each line begins. */
function* firstOf(core: Core, at: Moment): Generator<void, readonly Cursor[]> {
  const cursors: Cursor[] = [];
  let steps = 0;
  for (const leaf of core.queues.leaves.values()) {
    for (const line of leaf.lines.values()) {
      const first = cursorOf(core, { line, all: line.all(), step: 0 }, at);
      if (first) cursors.push(first);
      steps += 1;
      if (steps % stride === 0) yield;
    }
  }
  return cursors;
}

/** … at once. */
export const waitsOf = (core: Core, asked: Asked): readonly Wait[] => {
  const steps = waitsInSteps(core, asked);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** How many wait in each queue. */
export const waitingIn = ({ leaves, asleep }: Core['queues']): ReadonlyMap<string, number> => {
  const waiting = new Map<string, number>();
  const add = (queue: string, more: number): unknown => waiting.set(queue, (waiting.get(queue) ?? 0) + more);
  for (const { queue, lines } of leaves.values()) for (const { size } of lines.values()) add(queue, size);
  for (const { request } of asleep) add(request.queue, 1);
  return waiting;
};
