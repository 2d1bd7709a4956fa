import type { execution } from '@orrery/contracts';
import type { AttemptState } from './attempt.ts';

/** The report that the platform must hear next of an attempt; undefined when it has heard everything. */
export const nextReport = (state: AttemptState): execution.AttemptReport | undefined => {
  if (!('due' in state)) return undefined;
  const { runId, attempt, epoch } = state.brief;
  const ref = { runId, attempt, epoch };
  const kind = state.due[0];
  if (kind === 'started' && 'begun' in state && state.begun) return { ...ref, kind, at: state.begun.at };
  if (kind === 'ended' && state.status === 'Ended') return { ...ref, kind, ...state.ending };
  if (kind === 'refused' && state.status === 'Refused') return { ...ref, kind, ...state.refusal };
  return undefined;
};
