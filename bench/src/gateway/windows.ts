import { join } from 'node:path';
import { z } from 'zod';
import { median, quantile } from '../measure.ts';
import { cpuMicrosOf, residentMegabytesOf } from './child.ts';
import type { Contender } from './contenders.ts';
import { runJson } from './run-json.ts';
import type { StreamLoad } from './stream-load.ts';
import { wrk } from './wrk.ts';

/** What one contender did in one window. */
export interface Window {
  readonly perSecond: number;
  /** CPU of its processes for one request or stream, in microseconds. */
  readonly cpuMicros: number;
  /** Of requests until they are answered; of streams until the first byte of the body. In microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longestGapMs: number;
  readonly failed: number;
  readonly megabytes: number;
}

export interface WindowPlan {
  readonly windowMs: number;
  readonly dir: string;
}

export type WindowOf = (contender: Contender) => Promise<Window>;

const cpuOf = ({ pids }: Contender): number => pids.reduce((sum, pid) => sum + cpuMicrosOf(pid), 0);
const megabytesOf = ({ pids }: Contender): number => pids.reduce((sum, pid) => sum + residentMegabytesOf(pid), 0);

export const requestsAt =
  (connections: number, plan: WindowPlan): WindowOf =>
  async (contender) => {
    const before = cpuOf(contender);
    const { requests, micros, failed, p50, p99 } = await wrk(contender, connections, plan);
    const cpuMicros = (cpuOf(contender) - before) / requests;
    contender.tally?.add({ answered: requests - failed, failed, underWay: connections });
    return { perSecond: (1e6 * requests) / micros, cpuMicros, p50, p99, longestGapMs: 0, failed, megabytes: megabytesOf(contender) };
  };

/** The same load on the first one alone and on all of them: half the connections on each of two. */
export const requestsOver = async (contenders: readonly Contender[], connections: number, plan: WindowPlan): Promise<Window> => {
  const each = Math.floor(connections / contenders.length);
  const all = await Promise.all(contenders.map((contender) => requestsAt(each, plan)(contender)));
  const sum = (field: keyof Window): number => all.reduce((total, window) => total + window[field], 0);
  const perSecond = sum('perSecond');
  return {
    perSecond,
    cpuMicros: all.reduce((total, window) => total + window.cpuMicros * window.perSecond, 0) / perSecond,
    p50: Math.max(...all.map(({ p50 }) => p50)),
    p99: Math.max(...all.map(({ p99 }) => p99)),
    longestGapMs: 0,
    failed: sum('failed'),
    megabytes: sum('megabytes'),
  };
};

const StreamsRead = z.object({
  streams: z.number(),
  seconds: z.number(),
  firstByteMs: z.array(z.number()),
  longestGapMs: z.number(),
  failed: z.number(),
});

const loader = (): string => join(process.cwd(), 'bench/dist/gateway/stream-load-main.js');

interface StreamPlan extends WindowPlan {
  readonly isPaced: boolean;
}

export const streamsAt =
  (connections: number, { windowMs, isPaced }: StreamPlan): WindowOf =>
  async (contender) => {
    const { port, headers, path, pacedPath, streamBody, pacedBody } = contender;
    const what = isPaced ? { path: pacedPath, body: pacedBody, spreadMs: 1_000 } : { path, body: streamBody, spreadMs: 0 };
    const load: StreamLoad = { port, headers, connections, windowMs, ...what };
    const before = cpuOf(contender);
    const told = await runJson(process.execPath, [loader(), JSON.stringify(load)], 3 * windowMs + 60_000);
    const { streams, seconds, firstByteMs, longestGapMs, failed } = StreamsRead.parse(told);
    if (failed > 0) console.error(`${contender.name}: ${failed} of ${streams + failed} streams failed`);
    contender.tally?.add({ answered: streams, failed, underWay: 0 });
    return {
      perSecond: streams / seconds,
      cpuMicros: (cpuOf(contender) - before) / streams,
      p50: 1_000 * quantile(firstByteMs, 0.5),
      p99: 1_000 * quantile(firstByteMs, 0.99),
      longestGapMs,
      failed,
      megabytes: megabytesOf(contender),
    };
  };

const middle = (all: readonly Window[]): Window => {
  const of = (field: keyof Window): number => median(all.map((each) => each[field]));
  return {
    perSecond: of('perSecond'),
    cpuMicros: of('cpuMicros'),
    p50: of('p50'),
    p99: of('p99'),
    longestGapMs: of('longestGapMs'),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    megabytes: of('megabytes'),
  };
};

/** Contenders take turns in every round, so that a busy moment of the machine meets all of them. Medians of the rounds, by name. */
export const inTurns = async (
  contenders: readonly Contender[],
  rounds: number,
  windowOf: WindowOf,
): Promise<ReadonlyMap<string, Window>> => {
  const windows = new Map<string, Window[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) windows.get(contender.name)?.push(await windowOf(contender));
  }
  return new Map([...windows].map(([name, all]) => [name, middle(all)]));
};
