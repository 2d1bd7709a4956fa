import { randomUUID } from 'node:crypto';
import { type Buckets, RateLimiter } from '@orrery/gateway';
import { pause } from '@orrery/kernel';
import { logOf } from '@orrery/telemetry';
import { type Line, type Measured, measure, type Report } from './measure.ts';

const plans = [1, 32, 256].map((inFlight) => ({ inFlight, rounds: 5, windowMs: 500 }));
/** So wide that nothing is refused. */
const limit = { perSecond: 1_000_000, burst: 1_000_000 };
const callers = 1_000;
const maxRatio = 2;

const micros = (value: number): string => `${value.toFixed(0)} µs`;

const bucketsOf = (n: number): Buckets => [
  { of: 'key', key: `key:${n}:read`, limit },
  { of: 'user', key: `user:${n % 100}:read`, limit },
  { of: 'org', key: `org:${n % 10}`, limit },
  { of: 'address', key: 'address:203.0.113.7', limit },
];

const linesOf = ([several, one, apart]: readonly Measured[]): readonly Line[] => {
  if (!several || !one || !apart) throw new RangeError('a comparison takes three');
  const what = `four allowances, ${several.inFlight} in flight`;
  const line = (measured: string, own: number, [peer, name]: readonly [number, string]): Line => ({
    what: `${what}: ${measured}`,
    ours: micros(own),
    peer: `${micros(peer)} ${name}`,
    ratio: own / peer,
  });
  const cpu = line('CPU', several.cpuMicros, [one.cpuMicros, 'one allowance']);
  return [
    { ...cpu, goal: `≤ ${maxRatio} ×`, isMet: (cpu.ratio ?? Number.NaN) <= maxRatio },
    line('p50', several.p50Ms * 1_000, [one.p50Ms * 1_000, 'one allowance']),
    line('p99', several.p99Ms * 1_000, [one.p99Ms * 1_000, 'one allowance']),
    line('p50', several.p50Ms * 1_000, [apart.p50Ms * 1_000, 'four round trips']),
  ];
};

const connectMs = 5_000;

const untilShared = async (limiter: RateLimiter): Promise<void> => {
  const until = performance.now() + connectMs;
  while (limiter.isAlone && performance.now() < until) await pause(10);
};

/** How often somebody asks, judged for key, person, organization and address at once, against one of them, and one after the other. */
export const benchLimits = async (redisUrl: string): Promise<Report> => {
  const limiter = new RateLimiter({ url: redisUrl, log: logOf('bench'), patienceMs: 5_000 });
  const run = randomUUID();
  const all = Array.from({ length: callers }, (_, n) => bucketsOf(n).map((bucket) => ({ ...bucket, key: `${run}:${bucket.key}` })));
  let turn = 0;
  const next = (): Buckets => {
    turn = (turn + 1) % callers;
    const [first, ...others] = all[turn] ?? [];
    if (!first) throw new RangeError('there is no caller');
    return [first, ...others];
  };
  const contenders = [
    { name: 'several', run: () => limiter.judge('read', next()) },
    { name: 'one', run: () => limiter.judge('read', [next()[0]]) },
    {
      name: 'apart',
      run: async () => {
        for (const bucket of next()) await limiter.judge('read', [bucket]);
      },
    },
  ];
  try {
    await untilShared(limiter);
    const lines: Line[] = [];
    for (const plan of plans) lines.push(...linesOf(await measure(contenders, plan)));
    if (limiter.isAlone) throw new Error('Redis did not answer: what was measured is the limiter by itself');
    return { name: 'rate limits, in Redis', lines };
  } finally {
    limiter.close();
  }
};
