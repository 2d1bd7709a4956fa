import type { execution } from '@orrery/contracts';
import { isGone, type Patience } from './silence.ts';

/** An attempt that the platform believes to be on a machine. */
export interface OpenAttempt extends execution.AttemptRef {
  /** The agent has it in its journal. */
  readonly isAcknowledged: boolean;
  /** Since a beat first lacked it; null while beats name it. */
  readonly missingForMs: number | null;
  /** How it was asked to end. */
  readonly wish: { readonly mode: execution.EndMode; readonly reason: execution.EndReason } | null;
}

/** What the platform knows, for one machine. */
export interface Belief {
  readonly open: readonly OpenAttempt[];
  /** Runs that ended a moment ago, by the number of their last attempt: a beat may still name what its machine has reported since. */
  readonly justEnded: ReadonlyMap<string, number>;
}

export type InventoryItem = execution.AttemptRef & { readonly phase: 'accepted' | 'running' | 'ended' };

export interface Reconciliation {
  /** Held as believed: their leases go on. */
  readonly renewed: readonly execution.AttemptRef[];
  /** Held, but not, or no longer, given to this machine. */
  readonly kill: readonly execution.AttemptRef[];
  readonly end: readonly (execution.AttemptRef & { readonly mode: execution.EndMode; readonly reason: execution.EndReason })[];
  /** Acknowledged once, and not in this inventory. */
  readonly missing: readonly execution.AttemptRef[];
  /** Missing for so long that it is gone. */
  readonly lost: readonly execution.AttemptRef[];
}

/** Held according to the machine, and not given to it according to the platform. */
export const strangers = (inventory: readonly InventoryItem[], open: readonly OpenAttempt[]): readonly InventoryItem[] => {
  const believed = new Map(open.map((attempt) => [attempt.runId, attempt]));
  // What has ended there has a report on its way, and is judged by that.
  return inventory.filter((item) => item.phase !== 'ended' && believed.get(item.runId)?.epoch !== item.epoch);
};

const refOf = ({ runId, attempt, epoch }: execution.AttemptRef): execution.AttemptRef => ({ runId, attempt, epoch });

/** What a machine says it holds, against what it should hold. */
export const reconcile = (inventory: readonly InventoryItem[], { open, justEnded }: Belief, patience: Patience): Reconciliation => {
  const items = new Map(inventory.map((item) => [item.runId, item]));
  const isHeld = (attempt: OpenAttempt): boolean => items.get(attempt.runId)?.epoch === attempt.epoch;
  const renewed = open.filter(isHeld);
  const missing = open.filter((attempt) => attempt.isAcknowledged && !isHeld(attempt));
  return {
    renewed: renewed.map(refOf),
    kill: strangers(inventory, open)
      .filter(({ runId, attempt }) => justEnded.get(runId) !== attempt)
      .map(refOf),
    end: renewed.flatMap((attempt) =>
      attempt.wish && items.get(attempt.runId)?.phase !== 'ended' ? [{ ...refOf(attempt), ...attempt.wish }] : [],
    ),
    missing: missing.map(refOf),
    lost: missing.filter(({ missingForMs }) => missingForMs !== null && isGone(missingForMs, patience)).map(refOf),
  };
};
