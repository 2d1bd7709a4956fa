import { Changes } from '../placement/changes.ts';
import type { Fleet } from '../placement/fleet.ts';
import type { Entry, Running } from './entry.ts';
import { Heap } from './heap.ts';
import { type Level, levels } from './level.ts';
import type { SchedulerSettings } from './settings.ts';

interface Moment {
  readonly at: number;
  readonly entry: Entry;
  readonly running: Running;
}

const isSooner = (one: Moment, other: Moment): boolean => one.at < other.at;

/** Whoever is further behind looks at every place again. */
const changesKept = 16_384;

/** Whose place any level may take, and whose the guaranteed one alone. */
type Kind = 'preemptible' | 'borrowing';

/** Those of whom each may be asked to make way where all may: by what that depends on. */
type Groups = Map<string, Set<Entry>>;

const groupOf = ({ request, running }: Entry): string => {
  const resources = new Set<string>();
  for (const hold of running?.holds ?? []) if (hold) for (const resource of Object.keys(hold.amounts)) resources.add(resource);
  return `${request.rank}/${running?.isBorrowed}/${request.isPreemptible}/${[...resources].join()}/${request.queue}`;
};

export type RipeSettings = Pick<SchedulerSettings, 'minRunMs' | 'maxPreemptions'>;

/** As it is read, and told of time and of places: whose those are who run says who runs. */
export type WhoIsRipe = Omit<Ripe, 'renew' | 'forget'>;

/** Who might make way for somebody: it has run for long enough, and was not told to go. Kept by deltas, for there may be a hundred thousand. */
export class Ripe {
  /** Places where somebody has ripened or was told to go, or where machines are kept or no more. */
  readonly changes = new Changes(changesKept);
  private revisions = new Float64Array(0);
  private readonly groups: Readonly<Record<Kind, Groups>> = { preemptible: new Map(), borrowing: new Map() };
  private readonly known = new Map<Entry, { readonly groups: Groups; readonly key: string }>();
  private moments = new Heap(isSooner);
  /** The latest moment that it was told. */
  clock = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly fleet: Fleet,
    private readonly running: Readonly<Record<Kind, ReadonlySet<Entry>>>,
    private readonly settings: RipeSettings,
  ) {}

  /** Of this level's they are all, and perhaps some who have only just begun where time went back. */
  *groupsFor(level: Level): Iterable<ReadonlySet<Entry>> {
    yield* this.groups.preemptible.values();
    if (level === levels.guaranteed) yield* this.groups.borrowing.values();
  }

  /** Grows when the place changes for those who look for somebody who might make way. */
  revisionOf(index: number): number {
    return this.revisions[index] ?? 0;
  }

  isRipeFor(entry: Entry, level: Level): boolean {
    const groups = this.known.get(entry)?.groups;
    return groups !== undefined && (groups === this.groups.preemptible || level === levels.guaranteed);
  }

  advance(now: number): void {
    this.clock = Math.max(this.clock, now);
    for (let moment = this.moments.first(); moment && moment.at <= this.clock; moment = this.moments.first()) {
      this.moments.pop();
      if (moment.entry.running === moment.running) this.renew(moment.entry);
    }
  }

  /** It runs, or what it holds or borrows has changed, or it makes way or does so no more. */
  renew(entry: Entry): void {
    this.forget(entry);
    const { running, preemptions } = entry;
    if (!running) return;
    this.touchAll(running);
    const kind = this.kindOf(entry);
    if (kind === null || running.preemptingAt !== null || preemptions >= this.settings.maxPreemptions) return;
    const at = running.at + this.settings.minRunMs;
    if (at > this.clock) {
      this.moments.push({ at, entry, running });
      return;
    }
    const groups = this.groups[kind];
    const key = groupOf(entry);
    const group = groups.get(key);
    if (group) group.add(entry);
    else groups.set(key, new Set([entry]));
    this.known.set(entry, { groups, key });
  }

  /** It runs no more. */
  forget(entry: Entry): void {
    const known = this.known.get(entry);
    if (!known) return;
    this.known.delete(entry);
    const group = known.groups.get(known.key);
    group?.delete(entry);
    if (group?.size === 0) known.groups.delete(known.key);
  }

  touch(machine: string): void {
    const place = this.fleet.get(machine);
    if (!place) return;
    if (place.index >= this.revisions.length) {
      const grown = new Float64Array(2 * (place.index + 1));
      grown.set(this.revisions);
      this.revisions = grown;
    }
    this.changes.note(place.index);
    this.revisions[place.index] = this.changes.position;
  }

  private kindOf(entry: Entry): Kind | null {
    if (this.running.preemptible.has(entry)) return 'preemptible';
    return this.running.borrowing.has(entry) ? 'borrowing' : null;
  }

  private touchAll({ seats }: Running): void {
    for (const { machine } of seats) this.touch(machine);
  }
}
