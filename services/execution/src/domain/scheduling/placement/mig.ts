/** How a profile can lie on a GPU: it takes `size` memory slices from one of `starts` on. */
export interface Profile {
  /** Compute slices; the seven of a GPU never run out before its memory slices do. */
  readonly compute: number;
  readonly size: number;
  readonly starts: readonly number[];
}

type Profiles = Readonly<Record<string, Profile>>;

const eighths = (names: readonly [one: string, double: string, two: string, three: string, four: string, seven: string]): Profiles => ({
  [names[0]]: { compute: 1, size: 1, starts: [0, 1, 2, 3, 4, 5, 6] },
  [names[1]]: { compute: 1, size: 2, starts: [0, 2, 4, 6] },
  [names[2]]: { compute: 2, size: 2, starts: [0, 2, 4] },
  [names[3]]: { compute: 3, size: 4, starts: [0, 4] },
  [names[4]]: { compute: 4, size: 4, starts: [0] },
  [names[5]]: { compute: 7, size: 8, starts: [0] },
});

const of80 = eighths(['1g.10gb', '1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb']);

/** Source: NVIDIA Multi-Instance GPU User Guide, "Supported MIG Profiles", and the placements that `nvidia-smi mig -lgipp` lists. */
const families: Readonly<Record<string, Profiles>> = {
  'a100-40gb': eighths(['1g.5gb', '1g.10gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb']),
  'a100-80gb': of80,
  'h100-80gb': of80,
  'a30-24gb': {
    '1g.6gb': { compute: 1, size: 1, starts: [0, 1, 2, 3] },
    '2g.12gb': { compute: 2, size: 2, starts: [0, 2] },
    '4g.24gb': { compute: 4, size: 4, starts: [0] },
  },
};

export const migFamilies: readonly string[] = Object.keys(families);

export const profilesOf = (family: string): Profiles => families[family] ?? {};

/** Null where the family has no such profile. */
export const profileOf = (family: string, profile: string): Profile | null => {
  const profiles = profilesOf(family);
  return Object.hasOwn(profiles, profile) ? (profiles[profile] ?? null) : null;
};

/** The slices as bits of a GPU's memory. */
export const bitsOf = ({ size }: Profile, start: number): number => ((1 << size) - 1) << start;

/** A larger profile outweighs all the smaller ones that could be there: sizes double, and fewer than eight of one size fit. */
const weightOf = ({ size }: Profile): number => size ** 3;

const worths = new Map<string, Float64Array>();

const countWorth = (family: string, taken: number): number => {
  let worth = 0;
  for (const profile of Object.values(profilesOf(family))) {
    for (const start of profile.starts) if ((taken & bitsOf(profile, start)) === 0) worth += weightOf(profile);
  }
  return worth;
};

/** For each set of taken slices: what could still be put there, in thousandths of what an empty GPU could take. */
const worthsOf = (family: string): Float64Array => {
  const known = worths.get(family);
  if (known) return known;
  const empty = Math.max(1, countWorth(family, 0));
  const made = Float64Array.from({ length: 256 }, (_, taken) => (1_000 * countWorth(family, taken)) / empty);
  worths.set(family, made);
  return made;
};

export interface Slot {
  readonly start: number;
  /** What of the GPU's later use is lost. */
  readonly loss: number;
}

/** Where a profile does the least harm to what may come; null where it has no room. */
export const slotOf = (family: string, profile: string, taken: number): Slot | null => {
  const found = profileOf(family, profile);
  if (!found) return null;
  const worth = worthsOf(family);
  let best: Slot | null = null;
  for (const start of found.starts) {
    const bits = bitsOf(found, start);
    if ((taken & bits) !== 0) continue;
    const loss = (worth[taken] ?? 0) - (worth[taken | bits] ?? 0);
    if (best === null || loss < best.loss) best = { start, loss };
  }
  return best;
};
