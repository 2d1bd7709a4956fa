import type { catalog, execution, Instant, OrgId } from '@orrery/contracts';
import type { RunEvent, Wish } from './run-facts.ts';

export type RunCommand =
  | ({ readonly type: 'Submit' } & Submission)
  | ({ readonly type: 'Place'; readonly leaseMs: number } & Pick<
      Extract<RunEvent, { type: 'RunPlaced' }>['data'],
      'workerId' | 'gpuIndexes' | 'reasons' | 'at'
    >)
  | ({ readonly type: 'ReportStarted' } & ReportOf<'started'>)
  | ({ readonly type: 'ReportEnded' } & ReportOf<'ended'>)
  | ({ readonly type: 'ReportRefused' } & ReportOf<'refused'>)
  | ({ readonly type: 'LoseAttempt' } & Loss & execution.AttemptRef)
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

export interface Submission {
  readonly runId: execution.RunId;
  readonly orgId: OrgId;
  readonly machineType: string;
  /** What the machine type gives; null where it is not offered. */
  readonly resources: catalog.Resources | null;
  readonly price: catalog.PinnedPrice | null;
  readonly hasCredit: boolean;
  /** The organization is suspended or deleted. */
  readonly isClosed: boolean;
  readonly program: { readonly fileName: string | null; readonly hash: string; readonly bytes: number; readonly maxBytes: number };
  readonly timeoutSeconds: number;
  readonly submittedBy: string;
  readonly at: Instant;
}

export interface RequestEnd extends Pick<Wish, 'mode'> {
  readonly type: 'RequestEnd';
  readonly by: string;
  readonly at: Instant;
  /** Absent: somebody wants it so. */
  readonly reason?: execution.EndReason;
}
