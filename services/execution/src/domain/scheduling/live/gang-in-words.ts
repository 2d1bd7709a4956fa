import { endInWords, type RunEndType } from '../../run/run-end.ts';
import type { Wish } from '../../run/run-facts.ts';
import type { LiveRun } from './run.ts';

// What the members of a gang are told of the one whose fate they share.

const whoIs = ({ id, submission }: LiveRun): string => `Member ${submission.request.gang?.rank ?? 0} of its gang (run ${id})`;

const shared = 'All members share one fate.';

const ends: Readonly<Record<RunEndType, string>> = {
  RunCompleted: 'completed',
  RunFailed: 'failed',
  RunSystemFailed: 'failed for a reason of the platform',
  RunCancelled: 'was cancelled',
  RunAborted: 'was aborted',
};

export const failureInWords = (failed: LiveRun): string =>
  `${whoIs(failed)} ${ends[failed.ended?.type ?? 'RunFailed']}: ${asSentence(failed.ended?.message ?? 'nobody saw how')} ${shared}`;

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const howLost = ({ loss }: LiveRun): string => (loss ? asSentence(loss.message ?? endInWords(loss.reason, null)) : 'nobody saw how.');

/** It would have to start again, and another one has completed. */
export const tornInWords = (lost: LiveRun): string =>
  `${whoIs(lost)} lost its machine after another one had completed: they cannot start again together. ${howLost(lost)}`;

export const lossInWords = (lost: LiveRun): string => `${whoIs(lost)} lost its machine: ${howLost(lost)}`;

/** Null where what it was asked for holds for each of them alike; to be stopped counts as completed, which needs no words. */
export const askedInWords = (member: LiveRun, { mode, reason }: Wish): string | null => {
  if (mode === 'stop' || (reason !== 'stopped' && reason !== 'aborted')) return null;
  return `${whoIs(member)} was ${mode === 'abort' ? 'aborted' : 'cancelled'} on request. ${shared}`;
};
