import type { LiveDecision } from './facts.ts';
import type { LiveMachine } from './machine.ts';
import { isSettled, type LiveRun } from './run.ts';

/** Of a machine that is drained: what may be preempted at once, and everything when its time is over. */
export const movedFrom = ({ drainedAt }: LiveMachine, guests: readonly LiveRun[], now: number): readonly LiveDecision[] => {
  if (drainedAt === null) return [];
  const moved = guests.filter((run) => isSettled(run) && (now >= drainedAt || run.submission.request.isPreemptible));
  return moved.map(({ id }) => ({ kind: 'preempt', runIds: [id], reason: 'drain' }));
};

/** Runs that hold a GPU that has broken since they were placed. */
export const brokenUnder = ({ facts }: LiveMachine, guests: readonly LiveRun[]): readonly LiveDecision[] => {
  const broken = new Map(facts.gpus.flatMap(({ index, fault }) => (fault ? [[index, fault] as const] : [])));
  return guests.flatMap(({ placed }): readonly LiveDecision[] => {
    const index = placed?.gpuIndexes.find((gpu) => broken.has(gpu));
    if (!placed || index === undefined) return [];
    const { runId, attempt, epoch } = placed;
    const message = `GPU ${index} of its machine broke (XID ${broken.get(index)?.xid}): it starts again elsewhere.`;
    return [{ kind: 'lose', attempt: { runId, attempt, epoch }, message }];
  });
};
