import type { Place } from '../placement/place.ts';
import type { Reservation } from './entry.ts';
import type { Outlook } from './outlook.ts';
import type { WhoIsRipe } from './ripe.ts';

interface Leftover {
  readonly conflicts: readonly Reservation[];
  readonly left: Place;
}

/** As they were when the place had these revisions. */
interface Kept {
  readonly revision: number;
  readonly touched: number;
  readonly all: Leftover[];
}

/** Who asks differs in how long it would stay, and so in whom it would delay: there are few such answers for a machine. */
const mostKept = 4;

const areSame = (ones: readonly Reservation[], others: readonly Reservation[]): boolean =>
  ones.length === others.length && ones.every((one, index) => one === others[index]);

/** What those leave over who keep something on a machine, computed once for all who ask while nothing changes there. */
export class Leftovers {
  private readonly kept: Kept[] = [];

  constructor(
    private readonly outlook: Outlook,
    private readonly ripe: Pick<WhoIsRipe, 'revisionOf'>,
  ) {}

  /** Not to be changed. */
  of(place: Place, conflicts: readonly Reservation[]): Place {
    const { all } = this.on(place);
    const known = all.find((each) => areSame(each.conflicts, conflicts));
    if (known) return known.left;
    const left = this.outlook.leftover(place, conflicts);
    if (all.length === mostKept) all.shift();
    all.push({ conflicts, left });
    return left;
  }

  private on({ index, revision }: Place): Kept {
    const touched = this.ripe.revisionOf(index);
    const before = this.kept[index];
    if (before?.revision === revision && before.touched === touched) return before;
    const kept: Kept = { revision, touched, all: [] };
    this.kept[index] = kept;
    return kept;
  }
}
