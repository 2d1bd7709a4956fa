import type { Core } from './core.ts';
import type { Berths } from './cove.ts';
import type { Entry, Leaf, Line, Reservation } from './entry.ts';
import type { Hopeless } from './hopeless.ts';
import type { News } from './news.ts';
import type { Found } from './proposal.ts';

/** What a round finds out beside what it proposes. */
export class Findings {
  /** Who had a turn. */
  readonly looked = new Set<Line>();
  private readonly inVain = new Set<Line | Reservation>();
  private readonly behind = new Set<Leaf>();
  private readonly position: number;
  private readonly berths: Berths;
  private readonly hopeless: Hopeless;
  private readonly news: News;

  constructor(core: Core, { berths, hopeless, news }: { berths: Berths; hopeless: Hopeless; news: News }) {
    this.position = core.cluster.improved.position;
    this.berths = berths;
    this.hopeless = hopeless;
    this.news = news;
  }

  coming({ reservation }: Entry): void {
    if (reservation) this.inVain.add(reservation);
  }

  blocked(line: Line): void {
    if (line.isParked || this.news.isAwaited(line)) return;
    this.inVain.add(line);
  }

  putOff({ line }: Entry): void {
    if (line) this.behind.add(line.leaf);
  }

  /** `kept`: lines of which nobody else can say whether there is something for them. */
  of(isOver: boolean, kept: readonly Line[]): Found {
    const { position, inVain, behind: putOff } = this;
    if (isOver) return { position, inVain, putOff, closed: [...this.berths.open] };
    const left = new Set(kept.flatMap((line) => (this.looked.has(line) ? [] : line.coves.map(({ berth }) => berth))));
    return { position, inVain, putOff, closed: [...this.berths.open].filter((berth) => this.hopeless.isVain(berth) && !left.has(berth)) };
  }
}
