import { type execution, instantOf } from '@orrery/contracts';
import type { Reserved, WaitReason } from '../scheduler/facts.ts';
import type { Ending } from './forward.ts';
import { spanInWords } from './in-words.ts';

/** How it went when it was played forward; undefined where that was not played to its end. */
export interface Played {
  /** Each run uses its whole time. */
  readonly late: Ending | undefined;
  /** Each run uses the part of the time that it has left which runs have used of theirs so far. */
  readonly early: Ending | undefined;
  readonly share: Share;
}

/** A part of the time that runs may use. */
export interface Share {
  readonly usual: number;
  /** Runs have used so much; otherwise none has ended yet, and it is a guess. */
  readonly isMeasured: boolean;
}

/** Where nobody has run anything yet. */
const guessedShare = 0.5;

export const shareOf = (meanShare: number | null): Share => ({ usual: meanShare ?? guessedShare, isMeasured: meanShare !== null });

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

const remedies: Readonly<Partial<Record<WaitReason, string>>> = {
  'no-machine': 'It starts if machines are added that could take it.',
  closed: 'It starts if machines are put back to work, or added.',
  'machine-away': 'It starts if that machine is put back to work.',
  group: 'It starts if that changes, or machines are added.',
  quota: 'It starts if the limit is raised, or it asks for less.',
};
const otherRemedy = 'It starts if machines are added or come back, or limits are raised.';

const neverBecause = (reason: WaitReason): string =>
  `With what is there now it would never start: no end of other work makes room for it. ${remedies[reason] ?? otherRemedy}`;
const expires =
  'With what is there now it could no longer end by its deadline when its turn comes: it would be ended without having started.';
const tooLarge = 'The cluster is too large, or the queue too long, to play it forward in the time that a question may take.';

const inWords = (earliest: number, latest: number | null, { now, share }: { readonly now: number; readonly share: Share }): string => {
  if (earliest <= now) return 'It would start now.';
  const used = share.isMeasured ? 'as runs used of their limits so far' : 'which is a guess, for none has ended yet';
  const most = latest === null ? 'no bound is known' : `in ${spanInWords(Math.max(0, latest - now))} if all use their whole time limits`;
  const others = 'Work of a higher class that is submitted meanwhile can make it later, an early end or a cancelled run earlier.';
  return `In ${spanInWords(earliest - now)} if runs use ${percent(share.usual)} of the time that they have left, ${used}; ${most}. ${others}`;
};

interface Waiting {
  readonly reason: WaitReason;
  readonly reserved: Reserved | undefined;
  readonly now: number;
}

/** When it will start, of two courses that it could take. */
export const startOf = ({ late, early, share }: Played, { reason, reserved, now }: Waiting): Start => {
  if (late === undefined && early === undefined) return reservedStart(reserved, now, tooLarge);
  const known = [late, early].filter((at) => typeof at === 'number');
  if (known.length === 0) return reservedStart(reserved, now, late === 'expires' || early === 'expires' ? expires : neverBecause(reason));
  const earliest = Math.min(...known);
  // Runs that end earlier can, rarely, make one that waits start later: Graham's anomaly.
  const latest = typeof late === 'number' ? Math.max(...known) : null;
  const method = latest !== null && latest <= now ? 'now' : 'played-forward';
  const message = inWords(earliest, latest, { now, share });
  return {
    start: { earliest: instantOf(earliest), latest: latest === null ? null : instantOf(latest), method, message },
    startUnknown: null,
  };
};
