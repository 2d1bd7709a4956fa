import type { execution, Instant } from '@orrery/contracts';
import type { DataOf, Wish } from './run-facts.ts';
import type { Submission } from './run-submission.ts';

export type RunCommand =
  | ({ readonly type: 'Submit' } & Submission)
  | ({ readonly type: 'Place'; readonly leaseMs: number } & Pick<
      DataOf<'RunPlaced'>,
      'workerId' | 'gpuIndexes' | 'mig' | 'choice' | 'isBorrowed' | 'reasons' | 'at'
    >)
  | ({ readonly type: 'ReportStarted' } & ReportOf<'started'>)
  | ({ readonly type: 'ReportEnded' } & ReportOf<'ended'>)
  | ({ readonly type: 'ReportRefused' } & ReportOf<'refused'>)
  | ({ readonly type: 'LoseAttempt' } & Loss & execution.AttemptRef)
  /** `because`: where the reason alone says too little. */
  | ({ readonly type: 'Preempt'; readonly because?: string | null } & Pick<DataOf<'RunPreempted'>, 'by' | 'reason' | 'at'>)
  | ({ readonly type: 'Reserve' } & Pick<DataOf<'ReservationMade'>, 'startsAt' | 'choice' | 'seats' | 'reason' | 'at'>)
  /** It waits, and can no longer end by its deadline. */
  | { readonly type: 'Expire'; readonly at: Instant }
  | RequestEnd
  | { readonly type: 'KeepWaiting'; readonly reason: execution.WaitingReason; readonly at: Instant }
  /** Nobody can run it, and it has waited long enough. */
  | { readonly type: 'GiveUp'; readonly message: string; readonly at: Instant };

/** A report, by the machine that made it, when it came. */
type ReportOf<K extends execution.AttemptReport['kind']> = Omit<Extract<execution.AttemptReport, { kind: K }>, 'kind'> & {
  readonly workerId: execution.WorkerId;
  readonly receivedAt: Instant;
};

export interface Loss {
  readonly reason: execution.EndReason;
  readonly message: string | null;
  readonly at: Instant;
}

export interface RequestEnd extends Pick<Wish, 'mode'> {
  readonly type: 'RequestEnd';
  readonly by: string;
  readonly at: Instant;
  /** Absent: somebody wants it so. */
  readonly reason?: execution.EndReason;
  readonly message?: string | null;
}
