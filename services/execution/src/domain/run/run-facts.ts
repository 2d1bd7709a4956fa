import type { catalog, execution, Instant } from '@orrery/contracts';

export type RunEvent = Extract<execution.ExecutionEvent, { readonly type: `Run${string}` | 'ReservationMade' }>;

export type DataOf<T extends execution.ExecutionEvent['type']> = Extract<execution.ExecutionEvent, { readonly type: T }>['data'];

/** What later facts of a run need of its submission; machine type and price are of the choice that was taken last. */
export interface Work {
  readonly runId: execution.RunId;
  readonly machineType: string;
  readonly price: catalog.PinnedPrice;
  readonly timeoutSeconds: number;
  readonly choices: readonly execution.RunChoice[];
  readonly deadlineAt: Instant | null;
  /** Members that start together; 1: it runs alone. */
  readonly nodes: number;
}

/** How a run was asked to end. */
export interface Wish {
  readonly mode: execution.EndMode;
  readonly reason: execution.EndReason;
  /** For its owner, where the reason alone says too little. */
  readonly message: string | null;
}

export const runStream = (runId: string): string => `run-${runId}`;

export const wishOf = ({ mode, reason, message }: DataOf<'RunEndRequested'>): Wish => ({ mode, reason, message });
