import { simulate } from '@orrery/simulator';
import { z } from 'zod';
import type { Line, Report } from './measure.ts';

/** Smaller ones first: the memory that is told is the most that the process has had. */
const sizes = [
  { gpus: 1_000, requests: 3_000, queues: 100 },
  { gpus: 10_000, requests: 30_000, queues: 300 },
  { gpus: 100_000, requests: 300_000, queues: 1_000 },
  { gpus: 100_000, requests: 1_000_000, queues: 1_000 },
];
const most = { p99Ms: 5, mib: 4 * 1_024, restoreSeconds: 60 };

const Times = z.object({ p50Us: z.number(), p99Us: z.number(), maxUs: z.number() });
const Pace = Times.extend({ decisions: z.number(), rounds: Times.extend({ count: z.number() }) });

const Measured = z.object({
  filling: Pace,
  turnover: Pace,
  peakMib: z.number(),
  submitSeconds: z.number(),
  snapshotSeconds: z.number(),
  restoreSeconds: z.number(),
  isRestoredEqual: z.boolean(),
});

const ms = (micros: number): string => (micros / 1_000).toFixed(3);

const timesIn = ({ p50Us, p99Us, maxUs }: z.infer<typeof Times>): string => `${ms(p50Us)}, ${ms(p99Us)}, ${ms(maxUs)} ms`;

/** A phase that was cut off tells of as many decisions as it had time for: the number is part of the result. */
const paceLine = (what: string, { decisions, rounds, ...times }: z.infer<typeof Pace>): Line => ({
  what: `${what}: CPU time of one decision, and of one round that holds several: p50, p99, slowest`,
  ours: `${timesIn(times)}, of ${decisions}; ${timesIn(rounds)}, of ${rounds.count}`,
  peer: '',
  goal: `p99 of one decision ≤ ${most.p99Ms} ms`,
  isMet: times.p99Us <= 1_000 * most.p99Ms,
});

const linesOf = ({ gpus, requests, queues }: (typeof sizes)[number]): readonly Line[] => {
  const args = ['--gpus', gpus, '--requests', requests, '--queues', queues, '--json'];
  const found = Measured.parse(JSON.parse(simulate(args.map(String))));
  const { filling, turnover, peakMib, submitSeconds, snapshotSeconds, restoreSeconds, isRestoredEqual } = found;
  const what = `${gpus} GPUs, ${requests} requests in ${queues} queues`;
  return [
    paceLine(`${what}: the empty cluster fills`, filling),
    paceLine(`${what}: requests end and others begin`, turnover),
    {
      what: `${what}: memory`,
      ours: `${peakMib.toFixed(0)} MiB`,
      peer: '',
      goal: `≤ ${most.mib} MiB`,
      isMet: peakMib <= most.mib,
    },
    {
      what: `${what}: submitted, written down, restored`,
      ours: `${submitSeconds.toFixed(1)}, ${snapshotSeconds.toFixed(1)}, ${restoreSeconds.toFixed(1)} s; decides ${isRestoredEqual ? 'the same' : 'OTHERWISE'}`,
      peer: '',
      goal: `restored in ≤ ${most.restoreSeconds} s, the same`,
      isMet: restoreSeconds <= most.restoreSeconds && isRestoredEqual,
    },
  ];
};

/** How a decision grows with the cluster and with what waits for it: made-up clusters and requests, all submitted at once. */
export const benchLongQueues = async (): Promise<Report> => ({ name: 'long queues', lines: sizes.flatMap(linesOf) });
