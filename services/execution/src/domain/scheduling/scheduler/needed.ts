import type { Place } from '../placement/place.ts';
import type { Claims } from './claims.ts';
import type { Core } from './core.ts';
import { holdsOf } from './cost.ts';
import type { Entry, Reservation } from './entry.ts';
import { forkOf, isFreeFor, shiftOn, withhold } from './fork.ts';
import type { Trial } from './trial.ts';

interface Deciding {
  readonly core: Core;
  readonly claims: Claims;
  readonly trial: Trial;
  /** What others keep where it would start, with no less right: it could not start beside them and whoever stays in their way. */
  readonly keptOn: (machine: string) => readonly Reservation[];
}

/** Those who need not make way after all, because others do: the dearest are spared first. */
export const needed = (victims: readonly Entry[], { core, claims, trial, keptOn }: Deciding): readonly Entry[] => {
  const { fleet } = core.cluster;
  const dearest = [...victims].sort((a, b) => claims.costOf(b) - claims.costOf(a) || (a.request.id < b.request.id ? -1 : 1));
  const spared = new Set<Entry>();
  for (const victim of dearest) {
    const holds = holdsOf(victim);
    const forks = new Map<string, Place>();
    const fits = holds.every((hold) => {
      const place = fleet.get(hold.seat.machine);
      if (!place) return true;
      let fork = forks.get(place.id);
      if (!fork) {
        fork = forkOf(place);
        withhold(fork, keptOn(place.id));
        forks.set(place.id, fork);
      }
      const isFree = !place.isOpen || isFreeFor(fork, hold);
      shiftOn(-1, fork, hold);
      return isFree;
    });
    if (!fits) continue;
    spared.add(victim);
    for (const hold of holds) trial.take(hold);
  }
  return victims.filter((victim) => !spared.has(victim));
};
