import type { QuotaTree } from '../admission/quota-tree.ts';
import type { Fleet } from '../placement/fleet.ts';
import type { Entry, Hold, Running } from './entry.ts';
import { Leaving, type WhoLeaves } from './leaving.ts';
import { Ripe, type RipeSettings, type WhoIsRipe } from './ripe.ts';

/** What changes while somebody runs: here, and read-only everywhere else. */
interface Changing {
  isBorrowed: boolean;
  preemptingAt: number | null;
  holds: readonly (Hold | null)[];
}

/** Who runs, who of them may have to make way, and who does: changed together, so that nobody looks for places to take among those of before. */
export class Runners {
  private readonly everybody = new Set<Entry>();
  private readonly mayYield = { preemptible: new Set<Entry>(), borrowing: new Set<Entry>() };
  private readonly yielding = new Leaving();
  private readonly ripening: Ripe;

  constructor(
    fleet: Fleet,
    private readonly tree: QuotaTree,
    settings: RipeSettings,
  ) {
    this.ripening = new Ripe(fleet, this.mayYield, settings);
  }

  /** Who runs, mostly those who began first first. */
  get all(): ReadonlySet<Entry> {
    return this.everybody;
  }

  /** Who may have to make way for work of any level. */
  get preemptible(): ReadonlySet<Entry> {
    return this.mayYield.preemptible;
  }

  /** Who may have to make way for guaranteed work alone. */
  get borrowing(): ReadonlySet<Entry> {
    return this.mayYield.borrowing;
  }

  /** Who makes way for somebody. */
  get leaving(): WhoLeaves {
    return this.yielding;
  }

  get ripe(): WhoIsRipe {
    return this.ripening;
  }

  began(entry: Entry, running: Running): void {
    const changing: { running: Running | null } = entry;
    changing.running = running;
    this.everybody.add(entry);
    this.sort(entry, running);
    this.ripening.renew(entry);
  }

  /** One of its members holds nothing any more. */
  gaveBack(entry: Entry, running: Running, member: number): void {
    const changing: Changing = running;
    changing.holds = running.holds.with(member, null);
    this.ripening.renew(entry);
  }

  /** By what its queue is guaranteed now. */
  judged(entry: Entry, running: Running, isBorrowed: boolean): void {
    const changing: Changing = running;
    changing.isBorrowed = isBorrowed;
    this.sort(entry, running);
    this.ripening.renew(entry);
  }

  makesWay(entry: Entry, running: Running, at: number): void {
    const changing: Changing = running;
    changing.preemptingAt ??= at;
    this.yielding.add(entry);
    this.ripening.renew(entry);
  }

  /** It was only supposed to make way. */
  stays(entry: Entry, running: Running): void {
    const changing: Changing = running;
    changing.preemptingAt = null;
    this.yielding.delete(entry);
    this.ripening.renew(entry);
  }

  ended(entry: Entry): void {
    const changing: { running: Running | null } = entry;
    changing.running = null;
    this.everybody.delete(entry);
    this.mayYield.preemptible.delete(entry);
    this.mayYield.borrowing.delete(entry);
    this.yielding.delete(entry);
    this.ripening.forget(entry);
  }

  private sort(entry: Entry, { isBorrowed }: Running): void {
    const { isPreemptible, queue } = entry.request;
    if (isPreemptible) this.mayYield.preemptible.add(entry);
    else if (isBorrowed || this.tree.pathOf(queue).length > 1) this.mayYield.borrowing.add(entry);
    else this.mayYield.borrowing.delete(entry);
  }
}
