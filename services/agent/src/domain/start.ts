import type { AttemptSpec, AttemptState } from './attempt.ts';
import { keyOf } from './reconcile.ts';

export type StartVerdict =
  | {
      readonly verdict: 'accept';
      /** Older attempts of the same run: the platform has given them up by starting a newer one. */
      readonly outdated: readonly string[];
      readonly slot: number;
    }
  /** It is held already, as it is. */
  | { readonly verdict: 'known' }
  | { readonly verdict: 'stale'; readonly epoch: number }
  | { readonly verdict: 'full' };

const lowestFree = (taken: ReadonlySet<number>): number => {
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
};

const epochOf = (state: AttemptState): number => {
  if (state.status === 'Forgotten') return state.epoch;
  return 'brief' in state ? state.brief.epoch : 0;
};

/** Whether a machine that holds these attempts takes one more. */
export const judgeStart = (
  spec: Pick<AttemptSpec, 'runId' | 'attempt' | 'epoch'>,
  states: ReadonlyMap<string, AttemptState>,
  most: number,
): StartVerdict => {
  const own = states.get(keyOf(spec));
  if (own !== undefined && 'brief' in own && own.status !== 'Disowned' && own.brief.epoch === spec.epoch) return { verdict: 'known' };
  const outdated: string[] = [];
  const slots = new Set<number>();
  for (const [key, state] of states) {
    if ('slot' in state) slots.add(state.slot);
    if (!key.startsWith(`${spec.runId}.`)) continue;
    const epoch = epochOf(state);
    if (epoch >= spec.epoch || key === keyOf(spec)) return { verdict: 'stale', epoch };
    if ('brief' in state && state.status !== 'Disowned') outdated.push(key);
  }
  return slots.size >= most ? { verdict: 'full' } : { verdict: 'accept', outdated, slot: lowestFree(slots) };
};
