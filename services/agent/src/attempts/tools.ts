import type { Log } from '@orrery/telemetry';
import type { Brief } from '../domain/attempt.ts';
import type { Batch } from '../domain/batches.ts';
import type { Pulse } from '../domain/end.ts';
import type { AttemptLog } from '../journal/attempt-log.ts';
import type { Text } from '../output/shipper.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What everything that looks after attempts works with. */
export interface Tools {
  readonly attempts: AttemptLog;
  readonly runtime: Runtime;
  /** GPUs of this machine are in MIG mode, and it may cut them. */
  readonly slicesGpus: boolean;
  readonly log: Log;
  readonly now: () => Pulse;
  /** The last sign of life that an earlier agent of this machine left. */
  readonly lastPulse: Pulse | undefined;
  readonly publish: (brief: Brief, batch: Batch, texts: readonly Text[]) => Promise<void>;
  /** There is something to report of an attempt. */
  readonly report: (key: string) => void;
  /** A program is over, and what it used can still be read. */
  readonly onOver: (key: string) => void;
}
