import type { Core } from './core.ts';
import type { Leaf } from './entry.ts';
import { levels } from './level.ts';
import { sumOf } from './placing.ts';
import type { Trial } from './trial.ts';

/** The root of the quota tree. */
const root = '';

/**
 * Whose turn comes before that of those who keep machines for themselves already, if what is kept is theirs: they alone may keep machines,
 * too. Otherwise a queue would get as many places by what others were promised as by its share, and weights would come to nothing.
 *
 * It is what comes of asking queues in their order, each to reserve for its first, and counting what that reserves as held, until one is
 * asked again: whoever comes after it would overtake its next. What has been reserved is known, so that nobody need be asked in vain.
 */
export class Planned {
  /** Of what is held with what is kept. Only nodes with something kept for them. */
  private readonly shares = new Map<string, number>();
  /** Below each node the least share of those whose queues have what a queue may keep, and want more. */
  private readonly least = new Map<string, number>();
  private readonly answers = new Map<Leaf, boolean>();
  private stamp = '';
  /** Who was behind when the round began, or has been since: what is only proposed lets nobody come before. */
  private readonly behind = new Set<Leaf>();

  constructor(
    private readonly core: Core,
    private readonly trial: Trial,
  ) {
    this.renew();
    if (this.least.size === 0) return;
    for (const leaf of core.queues.leaves.values()) if (!this.isBefore(leaf)) this.behind.add(leaf);
  }

  /** One more of this queue may keep machines for itself, whatever else it has a right to. */
  isNext(leaf: Leaf): boolean {
    if (this.behind.has(leaf)) return false;
    if (`${this.core.reservations.edition}/${this.trial.mark()}` !== this.stamp) this.renew();
    if (this.least.size === 0) return true;
    let answer = this.answers.get(leaf);
    if (answer === undefined) {
      answer = this.isBefore(leaf);
      this.answers.set(leaf, answer);
      // Its first was told so: nobody behind that one is told otherwise for what was only proposed since.
      if (!answer) this.behind.add(leaf);
    }
    return answer;
  }

  private isBefore({ queue }: Leaf): boolean {
    let above = root;
    for (const { id, share } of this.core.tree.standing(queue, this.trial.now)) {
      const node = id === root ? `${above}/` : id;
      if ((this.shares.get(node) ?? share) > (this.least.get(above) ?? Number.POSITIVE_INFINITY)) return false;
      above = node;
    }
    return true;
  }

  private renew(): void {
    const { reservations, cluster, tree } = this.core;
    this.stamp = `${reservations.edition}/${this.trial.mark()}`;
    this.answers.clear();
    this.shares.clear();
    this.least.clear();
    const kept = [...reservations].filter(({ entry }) => !this.trial.expected.has(entry));
    const amounts = kept.map(({ entry, need, seats }) => ({
      queue: entry.request.queue,
      amounts: sumOf(seats.map(({ machine, gpus }) => cluster.amountsOf(need, machine, gpus))),
    }));
    for (const each of amounts) tree.suppose(each.queue, each.amounts, 1);
    for (const { entry, level } of reservations) {
      const leaf = this.core.queues.leafOf(entry.request.queue);
      this.note(leaf, level !== levels.guaranteed && wantsMore(leaf));
    }
    for (const each of amounts.reverse()) tree.suppose(each.queue, each.amounts, -1);
  }

  private note({ queue }: Leaf, isAsked: boolean): void {
    let above = root;
    for (const { id, share } of this.core.tree.standing(queue, this.trial.now)) {
      const node = id === root ? `${above}/` : id;
      this.shares.set(node, share);
      if (isAsked) this.least.set(above, Math.min(share, this.least.get(above) ?? Number.POSITIVE_INFINITY));
      above = node;
    }
  }
}

/** Somebody waits there beside those for whom machines are kept. */
const wantsMore = ({ lines, reserved }: Leaf): boolean => {
  let waiting = 0;
  for (const { size } of lines.values()) {
    waiting += size;
    if (waiting > reserved.size) return true;
  }
  return false;
};
