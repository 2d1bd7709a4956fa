import type { execution } from '@orrery/contracts';
import { severity } from '../../run/run-end.ts';
import type { Wish } from '../../run/run-facts.ts';
import type { LiveDecision } from './facts.ts';
import { askedInWords, failureInWords, lossInWords, tornInWords } from './gang-in-words.ts';
import { isSettled, type LiveRun } from './run.ts';

/** A run that runs alone, or all members of a gang, by rank. */
export interface LiveRequest {
  readonly id: execution.RunId;
  readonly size: number;
  readonly members: (LiveRun | undefined)[];
  /** What the scheduler was told of it. */
  told: 'nothing' | 'waits' | 'placed' | 'gone';
  /** Of the placement that the scheduler was told of last; all members are placed in one commit, so that theirs are equal. */
  epoch: number;
}

export const knownMembers = ({ members }: LiveRequest): readonly LiveRun[] => members.filter((member) => member !== undefined);

const isUnder = (run: LiveRun, mode: execution.EndMode): boolean =>
  run.ended === null && (run.wish === null || severity[run.wish.mode] < severity[mode]);

/** The hardest way in which somebody asked a member to end. */
const hardestWish = (members: readonly LiveRun[]): LiveRun['wish'] => {
  let hardest: LiveRun['wish'] = null;
  for (const { wish } of members) if (wish && (!hardest || severity[wish.mode] > severity[hardest.mode])) hardest = wish;
  return hardest;
};

const idsOf = (runs: readonly LiveRun[]): readonly execution.RunId[] => runs.map(({ id }) => id);

interface Ending extends Wish {
  readonly runs: readonly LiveRun[];
}

const ending = ({ runs, mode, reason, message }: Ending): readonly LiveDecision[] =>
  runs.length === 0 ? [] : [{ kind: 'end', runIds: idsOf(runs), mode, reason, message }];

/** The one that all of it follows from: the first that ended so, then the lowest rank. */
const firstFailed = (members: readonly LiveRun[]): LiveRun | undefined => {
  const failed = members.filter(({ ended }) => ended !== null && ended.type !== 'RunCompleted');
  return failed.sort((a, b) => (a.ended?.at ?? 0) - (b.ended?.at ?? 0))[0];
};

/**
 * What has to happen so that all members of a gang share one fate. It follows from what is known of them alone, so that it is done by
 * whoever looks next where somebody died halfway.
 */
export const fateOf = (request: LiveRequest): readonly LiveDecision[] => {
  const members = knownMembers(request);
  if (request.size === 1 || members.length < request.size) return [];
  const wish = hardestWish(members);
  if (wish) {
    const asked = members.find((member) => member.wish === wish);
    const message = wish.message ?? (asked ? askedInWords(asked, wish) : null);
    return ending({ ...wish, message, runs: members.filter((member) => isUnder(member, wish.mode)) });
  }
  const open = members.filter(({ ended }) => ended === null);
  const failed = firstFailed(members);
  const lost = open.filter(({ placed, loss }) => placed === null && loss !== null);
  // One that has completed cannot begin again with the others.
  const isTorn = request.told !== 'waits' && lost.length > 0 && open.length < members.length;
  const torn = isTorn ? lost[0] : undefined;
  const message = failed ? failureInWords(failed) : torn ? tornInWords(torn) : null;
  if (message !== null) return ending({ runs: open, mode: 'cancel', reason: 'gang-ended', message });
  const [first] = lost;
  if (request.told !== 'placed' || !first) return [];
  const others = open.filter(isSettled);
  return others.length === 0 ? [] : [{ kind: 'preempt', runIds: idsOf(others), reason: 'gang', because: lossInWords(first) }];
};
