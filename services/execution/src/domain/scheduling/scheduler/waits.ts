import type { Decision } from '../request.ts';
import type { Core } from './core.ts';
import { type Entry, isEarlier, isPressing, type Line } from './entry.ts';
import type { Wait, WaitReason } from './facts.ts';
import { Heap } from './heap.ts';
import { levels } from './level.ts';

/** Those of a line that are in one group, from a step on. */
interface Cursor {
  readonly line: Line;
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

const ranksOf = ({ queues, tree }: Core, now: number): ReadonlyMap<string, number> => {
  const ordered = [...queues.leaves.keys()].sort((a, b) => tree.compare(a, b, now));
  return new Map(ordered.map((queue, rank) => [queue, rank]));
};

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

const cursorOf = (core: Core, line: Line, next: ReturnType<Line['next']>, at: Moment): Cursor | null => {
  if (!next) return null;
  const isFirst = isPressing(next.entry, at.now, core.settings.overdueMs);
  const group = isFirst ? 0 : isGuaranteed(core, at, next.entry) ? 1 : 2;
  const isKept = group === 1 && next.entry.reservation?.level === levels.guaranteed;
  return { ...next, line, group, rank: group === 2 ? (at.ranks.get(line.leaf.queue) ?? 0) : Number(!isKept) };
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

/** Who waits, in the order in which they are looked at while nobody gets anything, and why. */
export const waitsOf = (
  core: Core,
  { now, limit, decisions }: { readonly now: number; readonly limit: number; readonly decisions: readonly Decision[] },
): readonly Wait[] => {
  const gone = new Set(decisions.flatMap((each) => (each.kind === 'place' || each.kind === 'expire' ? [each.request] : [])));
  const at = { now, ranks: ranksOf(core, now), guaranteed: new Map() };
  const cursors = [...core.queues.leaves.values()].flatMap((leaf) =>
    [...leaf.lines.values()].flatMap((line) => cursorOf(core, line, line.next(0), at) ?? []),
  );
  const heap = new Heap(isBefore, cursors);
  const waits: Wait[] = [];
  for (let cursor = heap.pop(); cursor && waits.length < limit; cursor = heap.pop()) {
    const { entry, line, step } = cursor;
    if (!gone.has(entry.request.id)) waits.push(waitOf(entry, reasonOf(core, cursor), waits.length + 1));
    const next = cursorOf(core, line, line.next(step), at);
    if (next) heap.push(next);
  }
  for (const entry of [...core.queues.asleep].sort((a, b) => (isEarlier(a, b) ? -1 : 1))) {
    if (waits.length < limit) waits.push(waitOf(entry, 'retry-later', waits.length + 1));
  }
  return waits;
};
