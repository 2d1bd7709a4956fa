import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orrery/servers';
import { Tally } from './gateway/bill.ts';
import { onTheBill } from './gateway/billing.ts';
import { type Child, startChild } from './gateway/child.ts';
import { type Contender, contenderOf, type Started } from './gateway/contenders.ts';
import { chunksOfStream } from './gateway/fixed-answers.ts';
import { pacedLines, type Round, requestLines, streamLines, twoLines } from './gateway/lines.ts';
import { startOurs } from './gateway/ours.ts';
import { startNginx, startPortkey } from './gateway/peers.ts';
import { setScene } from './gateway/scene.ts';
import { inTurns, requestsAt, requestsOver, streamsAt, type Window, type WindowOf } from './gateway/windows.ts';
import { type Line, median, type Report } from './measure.ts';

const rounds = 3;
const windowMs = 3_000;
const sizes = { requests: [1, 16, 64, 256], streams: [1, 64, 512], paced: 100, pair: 64 } as const;
/** A gateway of Node means something only when it is warm: so many connections for so long, and then streams. */
const warmUp = { connections: 64, requestMs: 12_000, streams: 32, streamMs: 4_000 };

export interface GatewayBenchPlace {
  readonly origin: string;
  readonly operatorKey: string;
  /** Identity, catalog, inference and billing, in one process: they are held while is measured, for a completion waits for none of them. */
  readonly servicesPid: number;
}

const parts = ['requests', 'streams', 'paced', 'pair'] as const;
type Part = (typeof parts)[number];

/** `ORRERY_BENCH_PARTS=requests,paced`: some of it. */
const wantedParts = (): ReadonlySet<Part> => {
  const named = process.env.ORRERY_BENCH_PARTS?.split(',');
  return new Set(parts.filter((part) => named === undefined || named.includes(part)));
};

const startModel = async (): Promise<{ readonly child: Child; readonly port: number }> => {
  const port = await freePort();
  const main = join(process.cwd(), 'bench/dist/gateway/fixed-model-main.js');
  const readyUrl = `http://127.0.0.1:${port}/`;
  return { child: await startChild({ name: 'the model server', command: process.execPath, args: [main, String(port)], readyUrl }), port };
};

interface Field {
  readonly direct: Contender;
  readonly nginx: Contender;
  readonly portkey: Contender;
  readonly ours: Contender;
  readonly second: () => Promise<Started>;
  readonly dir: string;
}

const windowIn = (windows: ReadonlyMap<string, Window>, { name }: Contender): Window => {
  const found = windows.get(name);
  if (found === undefined) throw new TypeError(`nothing was measured of ${name}`);
  return found;
};

const roundOf = async ({ direct, nginx, portkey, ours }: Field, windowOf: WindowOf, withPortkey = true): Promise<Round> => {
  const windows = await inTurns([direct, nginx, ours, ...(withPortkey ? [portkey] : [])], rounds, windowOf);
  const of = (contender: Contender): Window => windowIn(windows, contender);
  return { direct: of(direct), nginx: of(nginx), ours: of(ours), portkey: withPortkey ? of(portkey) : of(direct) };
};

const warm = async ({ nginx, portkey, ours, dir }: Field, wanted: ReadonlySet<Part>): Promise<void> => {
  const { connections, requestMs, streams, streamMs } = warmUp;
  for (const contender of [nginx, portkey, ours]) {
    if (wanted.has('requests') || wanted.has('pair')) await requestsAt(connections, { windowMs: requestMs, dir })(contender);
    if (wanted.has('streams') || wanted.has('paced')) await streamsAt(streams, { windowMs: streamMs, dir, isPaced: false })(contender);
  }
};

const pairLines = async ({ ours, second, dir }: Field): Promise<readonly Line[]> => {
  const another = await second();
  try {
    const plan = { windowMs, dir };
    await requestsAt(warmUp.connections, { windowMs: warmUp.requestMs, dir })(another.contender);
    const one: Window[] = [];
    const two: Window[] = [];
    for (let round = 0; round < rounds; round += 1) {
      one.push(await requestsOver([ours], sizes.pair, plan));
      two.push(await requestsOver([ours, another.contender], sizes.pair, plan));
    }
    const middle = ([first, ...more]: readonly Window[]): Window => {
      if (first === undefined) throw new TypeError('nothing was measured');
      const all = [first, ...more];
      const of = (field: keyof Window): number => median(all.map((each) => each[field]));
      return { ...first, perSecond: of('perSecond'), cpuMicros: of('cpuMicros') };
    };
    return twoLines(middle(one), middle(two));
  } finally {
    await another.stop();
  }
};

const measured = async (field: Field): Promise<readonly Line[]> => {
  const { dir } = field;
  const wanted = wantedParts();
  const lines: Line[] = [];
  await warm(field, wanted);
  if (wanted.has('requests')) {
    for (const size of sizes.requests) lines.push(...requestLines(size, await roundOf(field, requestsAt(size, { windowMs, dir }))));
  }
  if (wanted.has('streams')) {
    for (const size of sizes.streams) {
      lines.push(...streamLines(size, await roundOf(field, streamsAt(size, { windowMs, dir, isPaced: false }))));
    }
  }
  if (wanted.has('paced')) {
    const round = await roundOf(field, streamsAt(sizes.paced, { windowMs, dir, isPaced: true }), false);
    lines.push(...pacedLines(sizes.paced, chunksOfStream, round));
  }
  if (wanted.has('pair')) lines.push(...(await pairLines(field)));
  return lines;
};

const held = async <T>(pid: number, work: () => Promise<T>): Promise<T> => {
  process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
};

/**
 * Calls of models through a gateway that knows its callers, holds them to their limits and budgets, keeps what they used and traces every request;
 * beside a plain proxy and a gateway that does none of that. Fails where what was answered is not what is on the bill.
 */
export const benchGateway = async ({ origin, operatorKey, servicesPid }: GatewayBenchPlace): Promise<Report> => {
  const dir = await mkdtemp(join(tmpdir(), 'orrery-bench-gateway-'));
  const started: { readonly stop: () => Promise<unknown> }[] = [];
  const kept = <S extends { readonly stop: () => Promise<unknown> }>(one: S): S => {
    started.push(one);
    return one;
  };
  try {
    const { child, port } = await startModel();
    kept(child);
    const { key, billed } = await setScene(origin, operatorKey, port);
    const tally = new Tally();
    const ours = (name: string) => startOurs({ name, key, modelPort: port, tally });
    const field: Field = {
      direct: contenderOf({ name: 'model server', port, pids: [child.pid] }),
      nginx: kept(await startNginx(dir, port)).contender,
      portkey: kept(await startPortkey(port)).contender,
      ours: kept(await ours('Orrery')).contender,
      second: () => ours('Orrery, second process'),
      dir,
    };
    const lines = await held(servicesPid, () => measured(field));
    await onTheBill(billed, tally.expected);
    return { name: 'gateway: calls of models, governed', lines };
  } finally {
    for (const { stop } of started.reverse()) await stop();
    await rm(dir, { recursive: true, force: true });
  }
};
