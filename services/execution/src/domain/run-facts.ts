import type { catalog, execution } from '@orrery/contracts';

export type RunEvent = Extract<execution.ExecutionEvent, { readonly type: `Run${string}` }>;

export type DataOf<T extends execution.ExecutionEvent['type']> = Extract<execution.ExecutionEvent, { readonly type: T }>['data'];

/** What every later fact of a run repeats from its submission. */
export interface Work {
  readonly runId: execution.RunId;
  readonly machineType: string;
  readonly price: catalog.PinnedPrice;
  readonly timeoutSeconds: number;
}

/** How a run was asked to end. */
export interface Wish {
  readonly mode: execution.EndMode;
  readonly reason: execution.EndReason;
}

export const runStream = (runId: string): string => `run-${runId}`;
