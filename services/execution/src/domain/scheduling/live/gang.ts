import type { execution } from '@orrery/contracts';
import { severity } from '../../run/run-end.ts';
import type { LiveDecision } from './facts.ts';
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

const ending = (runs: readonly LiveRun[], mode: execution.EndMode, reason: execution.EndReason): readonly LiveDecision[] =>
  runs.length === 0 ? [] : [{ kind: 'end', runIds: idsOf(runs), mode, reason }];

/**
 * What has to happen so that all members of a gang share one fate. It follows from what is known of them alone, so that it is done by
 * whoever looks next where somebody died halfway.
 */
export const fateOf = (request: LiveRequest): readonly LiveDecision[] => {
  const members = knownMembers(request);
  if (request.size === 1 || members.length < request.size) return [];
  const wish = hardestWish(members);
  if (wish)
    return ending(
      members.filter((member) => isUnder(member, wish.mode)),
      wish.mode,
      wish.reason,
    );
  const open = members.filter(({ ended }) => ended === null);
  const hasFailed = members.some(({ ended }) => ended !== null && ended.type !== 'RunCompleted');
  const lost = open.filter(({ placed, loss }) => placed === null && loss !== null);
  // One that has completed cannot begin again with the others.
  const isTorn = request.told !== 'waits' && lost.length > 0 && open.length < members.length;
  if (hasFailed || isTorn) return ending(open, 'cancel', 'gang-ended');
  if (request.told !== 'placed' || lost.length === 0) return [];
  const others = open.filter(isSettled);
  return others.length === 0 ? [] : [{ kind: 'preempt', runIds: idsOf(others), reason: 'gang' }];
};
