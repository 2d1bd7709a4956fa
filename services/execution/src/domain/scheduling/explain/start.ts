import { type execution, instantOf } from '@orrery/contracts';
import type { Reserved } from '../scheduler/facts.ts';
import { spanInWords } from './in-words.ts';

/** How it went when it was played forward: when it started, null where it never did; undefined where that was not played to its end. */
export interface Played {
  /** Each run uses its whole time. */
  readonly late: number | null | undefined;
  /** Each run uses the part of its time that runs have used so far. */
  readonly early: number | null | undefined;
  readonly meanShare: number;
}

export interface Start {
  readonly start: execution.StartEstimate | null;
  readonly startUnknown: string | null;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const reservedStart = (reserved: Reserved | undefined, now: number, because: string): Start => {
  if (!reserved) return { start: null, startUnknown: because };
  const message = `Machines are kept for it from then on at the latest, in ${spanInWords(Math.max(0, reserved.at - now))}. ${because}`;
  const estimate = { earliest: instantOf(now), latest: instantOf(Math.max(now, reserved.at)), method: 'reservation', message } as const;
  return { start: estimate, startUnknown: null };
};

const never =
  'With what is there now it would never start: no end of other work makes room for it. It starts if machines are added or come back, or limits are raised.';
const tooLarge = 'The cluster is too large, or the queue too long, to play it forward in the time that a question may take.';

/** When it will start, of two courses that it could take. */
export const startOf = ({ late, early, meanShare }: Played, reserved: Reserved | undefined, now: number): Start => {
  if (late === undefined && early === undefined) return reservedStart(reserved, now, tooLarge);
  const known = [late, early].filter((at) => typeof at === 'number');
  if (known.length === 0) return reservedStart(reserved, now, never);
  const earliest = Math.min(...known);
  // Runs that end earlier can, rarely, make one that waits start later: Graham's anomaly.
  const latest = typeof late === 'number' ? Math.max(...known) : null;
  const most = latest === null ? 'no bound is known' : `in ${spanInWords(Math.max(0, latest - now))} if all use their whole time limits`;
  const message =
    earliest <= now
      ? 'It would start now.'
      : `In ${spanInWords(earliest - now)} if runs use ${percent(meanShare)} of their time limits, as they did so far; ${most}. Work of a higher class that is submitted meanwhile can make it later, an early end or a cancelled run earlier.`;
  const method = latest !== null && latest <= now ? 'now' : 'played-forward';
  return {
    start: { earliest: instantOf(earliest), latest: latest === null ? null : instantOf(latest), method, message },
    startUnknown: null,
  };
};
