import type { execution } from '@orrery/contracts';

/** An attempt that the platform believes to be on a machine. */
export interface OpenAttempt extends execution.AttemptRef {
  readonly workerId: execution.WorkerId;
  /** The agent has it in its journal. */
  readonly isAcknowledged: boolean;
  /** Milliseconds since the epoch. */
  readonly leaseExpiresAt: number;
  /** When a beat first lacked it; null while beats name it. */
  readonly missingSince: number | null;
  /** How it was asked to end. */
  readonly wish: { readonly mode: execution.EndMode; readonly reason: execution.EndReason } | null;
}

export type InventoryItem = execution.AttemptRef & { readonly phase: 'accepted' | 'running' | 'ended' };

export interface Reconciliation {
  /** Held as believed: their leases go on. */
  readonly renewed: readonly OpenAttempt[];
  /** Held, but not, or no longer, given to this machine. */
  readonly kill: readonly execution.AttemptRef[];
  readonly end: readonly (execution.AttemptRef & { readonly mode: execution.EndMode; readonly reason: execution.EndReason })[];
  /** Acknowledged once, and not in this inventory. */
  readonly missing: readonly OpenAttempt[];
  /** Missing for so long that it is gone. */
  readonly lost: readonly OpenAttempt[];
}

/** One beat may have been written before an attempt was accepted and read after; two beats and this much time are proof. */
export const missingGraceMs = 8_000;

const refOf = ({ runId, attempt, epoch }: execution.AttemptRef): execution.AttemptRef => ({ runId, attempt, epoch });

/** What a machine says it holds, against what it should hold. */
export const reconcile = (inventory: readonly InventoryItem[], open: readonly OpenAttempt[], now: number): Reconciliation => {
  const items = new Map(inventory.map((item) => [item.runId, item]));
  const believed = new Map(open.map((attempt) => [attempt.runId, attempt]));
  const isHeld = (attempt: OpenAttempt): boolean => items.get(attempt.runId)?.epoch === attempt.epoch;
  const renewed = open.filter(isHeld);
  const missing = open.filter((attempt) => attempt.isAcknowledged && !isHeld(attempt));
  return {
    renewed,
    // What has ended there has a report on its way, and is judged by that.
    kill: inventory.filter((item) => item.phase !== 'ended' && believed.get(item.runId)?.epoch !== item.epoch).map(refOf),
    end: renewed.flatMap((attempt) =>
      attempt.wish && items.get(attempt.runId)?.phase !== 'ended' ? [{ ...refOf(attempt), ...attempt.wish }] : [],
    ),
    missing,
    lost: missing.filter(({ missingSince }) => missingSince !== null && now - missingSince >= missingGraceMs),
  };
};
