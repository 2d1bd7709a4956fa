import { execution, type OutputOf, type observability } from '@orrery/contracts';
import { pause, systemClock } from '@orrery/kernel';
import { type LogPlace, type LogStore, logStart } from '@orrery/telemetry-store';
import { transcript } from '../domain/transcript.ts';

/** An answer over the bus has about 8 MiB. */
const mostBytes = 7 * 1024 * 1024;
const pageSize = 500;
/** Output that was announced is in the store within this time, or is lost. */
const lateMs = 3_000;
/** Of the caller's time, what the answer itself needs. */
const answerMs = 1_000;
const lookEveryMs = 40;

const placeOf = (place: string): LogPlace => {
  const [part = 0, seq = 0] = place.split('.').map(Number);
  return { part, seq };
};

const streamOf = (runId: execution.RunId): string => `run-${runId}`;

/** Waits for a moment until the store has the chunk at this place. Chunks come in order: what lies before it is there too. */
export const arrived = async (
  logs: LogStore,
  runId: execution.RunId,
  { until, deadlineAt }: { readonly until: string | undefined; readonly deadlineAt: number },
): Promise<void> => {
  if (until === undefined) return;
  const { part, seq } = placeOf(until);
  const end = Math.min(systemClock.now() + lateMs, deadlineAt - answerMs);
  const isThere = async (): Promise<boolean> => (await logs.tail(streamOf(runId), { part, seq: seq - 1 }, 1)).length > 0;
  while (!(await isThere()) && systemClock.now() < end) await pause(lookEveryMs);
};

/** What a run wrote, in its order, whatever its age. */
export const outputOf = async (logs: LogStore, runId: execution.RunId): Promise<OutputOf<typeof observability.GetRunOutput>> => {
  const { take, told } = transcript(mostBytes);
  let after: LogPlace = logStart;
  for (;;) {
    const entries = await logs.tail(streamOf(runId), after, pageSize);
    if (!take(entries) || entries.length < pageSize) return told();
    after = entries.at(-1) ?? after;
  }
};
