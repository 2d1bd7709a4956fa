import type { execution } from '@orrery/contracts';
import type { RunEvent } from '../../run/run-facts.ts';

/** Reasons that are nobody's claim to the place: they are not counted. */
const uncounted: ReadonlySet<execution.PreemptionReason> = new Set(['drain', 'gang']);

/** How it gave its place back since it had one last, as its own facts tell it; null: it did not. `most`: so often it may be asked to. */
export const preemptedOf = (events: readonly RunEvent[], most: number): execution.PreemptionTold | null => {
  const preemptions = events.flatMap((event) => (event.type === 'RunPreempted' ? [event.data] : []));
  const last = preemptions.at(-1);
  const placedAt = events.findLastIndex(({ type }) => type === 'RunPlaced');
  const isSince = events.findLastIndex(({ type }) => type === 'RunPreempted') > placedAt;
  if (!last || !isSince) return null;
  const { at, reason } = last;
  const lost = events.slice(placedAt).find((event) => event.type === 'RunAttemptLost');
  const since = lost?.type === 'RunAttemptLost' ? lost.data.at : null;
  const times = preemptions.filter((each) => !uncounted.has(each.reason)).length;
  const counted = uncounted.has(reason)
    ? 'which does not count against how often it may be preempted'
    : `${times} of at most ${most} times`;
  const waits = since === null ? 'and is giving its place back' : `and waits again since ${since}`;
  return { at, reason, times, most, since, message: `It was preempted at ${at}, ${counted}, ${waits}. ${last.message}` };
};
