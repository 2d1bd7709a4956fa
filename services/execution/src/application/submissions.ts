import { actorOf, execution, type InputOf, instantOf, newId, type OrgId, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Submission } from '../domain/run/run-submission.ts';
import { workers } from '../views/workers.view.ts';
import { offersOf } from './offers.ts';
import { maxProgramBytes, type Packed } from './programs.ts';
import { priorityOf } from './scheduling/priority.ts';

export type SubmitInput = InputOf<typeof execution.SubmitRun>;

/** Nest needs a class to inject. */
export class SubmissionLimits {
  /** Members of a gang. */
  constructor(readonly maxNodes: number) {}
}

interface Known {
  readonly store: EventStore;
  readonly maxNodes: number;
  readonly program: Packed;
  readonly orgId: OrgId;
}

/** What was asked for with all that is known here of it; one for each member of a gang, the one of rank 0 first. */
export const submissionsOf = async (
  input: SubmitInput,
  { store, maxNodes, program: { hash, bytes }, orgId }: Known,
  context: RequestContext,
): Promise<readonly [Submission, ...Submission[]]> => {
  const { machineType, alternatives, nodes, workerId, fileName } = input;
  const [offer, priority, machine] = await Promise.all([
    offersOf(store.pool, [machineType, ...alternatives], orgId),
    priorityOf(store.pool, { orgId, project: input.project ?? null, name: input.priorityClass }),
    workerId === undefined ? undefined : store.read(workers).one({ id: workerId, removedAt: null }),
  ]);
  const common = {
    orgId,
    ...offer,
    order: input.order,
    program: { fileName: fileName ?? null, hash, bytes, maxBytes: maxProgramBytes },
    timeoutSeconds: input.timeoutSeconds,
    maxNodes,
    wishes: {
      labels: input.labels ?? null,
      group: input.group ?? null,
      near: input.near ?? null,
      apart: input.apart ?? null,
      pool: input.pool ?? null,
      workerId: workerId ?? null,
    },
    isWorkerKnown: workerId === undefined || machine !== undefined,
    priority: { class: input.priorityClass, rank: priority?.rank ?? null, isAllowed: priority?.isAllowed ?? false },
    isPreemptible: input.preemptible,
    deadlineAt: input.deadlineAt ?? null,
    project: input.project ?? null,
    weights: [...new Set(input.weights)].sort(),
    submittedBy: actorOf(context.principal),
    at: instantOf(systemClock.now()),
  };
  const id = newId(execution.RunId);
  if (nodes === 1) return [{ ...common, runId: id, gang: null }];
  // Too many are refused by the first of them: no more need be made.
  const size = Math.min(nodes, maxNodes + 1);
  const memberOf = (rank: number): Submission => ({
    ...common,
    runId: rank === 0 ? id : newId(execution.RunId),
    gang: { id, size: nodes, rank },
  });
  return [memberOf(0), ...Array.from({ length: size - 1 }, (_, index) => memberOf(index + 1))];
};
