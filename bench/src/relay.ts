import { setTimeout as pause } from 'node:timers/promises';
import { events } from '@orrery/contracts';
import {
  type Consumer,
  type Consumers,
  consumer,
  EventStore,
  isPublished,
  logStreamOf,
  migrate,
  openDatabase,
  poolOf,
  startConsumers,
  startRelay,
} from '@orrery/event-store';
import { connect, type NatsConnection } from 'nats';
import pg from 'pg';
import { v7 } from 'uuid';
import { z } from 'zod';
import { type Line, quantile, type Report } from './measure.ts';

/** The size and shape of a real event: a run has ended. */
const SourceEvents = events('benchsource', {
  RunEnded: z.strictObject({ runId: z.string(), machineType: z.string(), nanosPerSecond: z.string(), ranMs: z.int(), message: z.string() }),
});
const TargetEvents = events('benchtarget', { RunBilled: z.strictObject({ runId: z.string() }) });

const ended = (runId: string) => ({
  type: 'RunEnded',
  data: { runId, machineType: 'gpu.a100', nanosPerSecond: '1250000', ranMs: 61_234, message: 'the program ended by itself'.repeat(4) },
});

type StoredEvents = ConstructorParameters<typeof EventStore>[0]['events'];

const freshStore = async (server: string, service: string, contracts: StoredEvents) => {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${service} WITH (FORCE)`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${service}`;
  const dataSource = await openDatabase({ url: url.href, applicationName: service });
  await migrate(dataSource);
  const store = new EventStore({ dataSource, service, events: contracts });
  return { store, pool: poolOf(dataSource), close: () => store.close().then(() => dataSource.destroy()) };
};
type Opened = Awaited<ReturnType<typeof freshStore>>;

interface Bench {
  readonly source: Opened;
  readonly target: Opened;
  readonly nats: NatsConnection;
}

/** When each event was committed, and how long it then took until a handler had it. */
class Stopwatch {
  readonly latencies: number[] = [];
  private readonly committedAt = new Map<string, number>();
  private readonly handledAt = new Map<string, number>();

  committed(id: string): void {
    this.committedAt.set(id, performance.now());
    this.compare(id);
  }

  handled(id: string): void {
    this.handledAt.set(id, performance.now());
    this.compare(id);
  }

  private compare(id: string): void {
    const from = this.committedAt.get(id);
    const to = this.handledAt.get(id);
    if (from === undefined || to === undefined) return;
    // The writer may hear of its commit after the handler does.
    this.latencies.push(Math.max(0, to - from));
    this.committedAt.delete(id);
    this.handledAt.delete(id);
  }
}

const metadata = { correlationId: 'bench', causationId: 'bench', actor: 'service:bench' };

const commitOne = async ({ source }: Bench, watch?: Stopwatch): Promise<void> => {
  const runId = v7();
  const { facts } = await source.store.commit({ appends: [{ stream: `run-${runId}`, expected: 0, events: [ended(runId)] }], metadata });
  for (const { id } of facts) watch?.committed(id);
};

const writer = (watch?: Stopwatch): Consumer =>
  consumer({
    service: 'benchtarget',
    name: 'writer',
    events: [SourceEvents.RunEnded],
    write: async ({ id, event }, client) => {
      watch?.handled(id);
      await client.query({
        name: 'bill',
        text: 'INSERT INTO bills (run, ran_ms) VALUES ($1, $2)',
        values: [event.data.runId, event.data.ranMs],
      });
    },
  });

const reactor = (watch?: Stopwatch): Consumer =>
  consumer({
    service: 'benchtarget',
    name: 'reactor',
    events: [SourceEvents.RunEnded],
    react: async ({ id, event }) => {
      watch?.handled(id);
      return { appends: [{ stream: `bill-${id}`, expected: 0, events: [{ type: 'RunBilled', data: { runId: event.data.runId } }] }] };
    },
  });

const kinds = { 'own tables': writer, 'own log': reactor };
const idleEvents = 150;
const idleGapMs = 60;
const busyPerSecond = 2_000;
const busySeconds = 8;
const tickMs = 5;
const backlog = 20_000;

const settled = async (done: () => boolean | Promise<boolean>): Promise<void> => {
  const until = performance.now() + 120_000;
  while (!(await done())) {
    if (performance.now() > until) throw new Error('the events did not arrive within two minutes');
    await pause(2);
  }
};

const consuming = async (bench: Bench, declared: Consumer, work: () => Promise<void>): Promise<void> => {
  const relay = startRelay({ store: bench.source.store, nats: bench.nats });
  const consumers: Consumers = startConsumers({ consumers: [declared], store: bench.target.store, nats: bench.nats });
  try {
    await work();
  } finally {
    await consumers.stop();
    await relay.stop();
  }
};

const latencyLine = (what: string, { latencies }: Stopwatch, goalMs: number): Line => {
  const p99 = quantile(latencies, 0.99);
  return {
    what,
    ours: `p50 ${quantile(latencies, 0.5).toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  max ${Math.max(...latencies).toFixed(1)} ms`,
    peer: '–',
    goal: `p99 ≤ ${goalMs} ms`,
    isMet: p99 <= goalMs,
  };
};

const warmUp = async (bench: Bench): Promise<void> => {
  for (let n = 0; n < 50; n += 1) await Promise.all(Array.from({ length: 20 }, () => commitOne(bench)));
  await settled(() => isPublished(bench.source.store));
};

const idle = async (bench: Bench, kind: keyof typeof kinds): Promise<Line> => {
  const watch = new Stopwatch();
  await consuming(bench, kinds[kind](watch), async () => {
    await warmUp(bench);
    for (let n = 0; n < idleEvents; n += 1) {
      await pause(idleGapMs);
      await commitOne(bench, watch);
    }
    await settled(() => watch.latencies.length === idleEvents);
  });
  return latencyLine(`commit → handler that writes into ${kind}, idle`, watch, 15);
};

const busy = async (bench: Bench, kind: keyof typeof kinds): Promise<Line> => {
  const watch = new Stopwatch();
  const perTick = (busyPerSecond * tickMs) / 1_000;
  let sent = 0;
  await consuming(bench, kinds[kind](watch), async () => {
    await warmUp(bench);
    const startedAt = performance.now();
    const commits: Promise<void>[] = [];
    // Open loop: so many at their time, whether or not the last ones are done.
    for (let tick = 0; tick < (busySeconds * 1_000) / tickMs; tick += 1) {
      const due = startedAt + tick * tickMs;
      if (performance.now() < due) await pause(due - performance.now());
      for (let n = 0; n < perTick; n += 1) commits.push(commitOne(bench, watch));
      sent += perTick;
    }
    await Promise.all(commits);
    await settled(() => watch.latencies.length === sent);
  });
  return latencyLine(`commit → handler that writes into ${kind}, ${busyPerSecond} events/s`, watch, 60);
};

const perSecond = (count: number, ms: number, cpu: NodeJS.CpuUsage): string =>
  `${Math.round((count / ms) * 1_000)}/s  ${Math.round((cpu.user + cpu.system) / count)} µs CPU`;

const timed = async (count: number, work: () => Promise<void>): Promise<{ readonly rate: number; readonly shown: string }> => {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const ms = performance.now() - startedAt;
  return { rate: (count / ms) * 1_000, shown: perSecond(count, ms, process.cpuUsage(cpu)) };
};

const fill = async (bench: Bench): Promise<void> => {
  const width = 200;
  for (let n = 0; n < backlog; n += width) await Promise.all(Array.from({ length: width }, () => commitOne(bench)));
};

/** The peer: the client's own publish, a thousand at a time, of messages of the same size, with no database behind it. */
const plainPublish = async ({ nats }: Bench): Promise<{ readonly rate: number; readonly shown: string }> => {
  const jsm = await nats.jetstreamManager();
  await jsm.streams.add({ name: 'BENCH_PLAIN', subjects: ['benchplain.>'] });
  const body = Buffer.from(JSON.stringify({ ...ended('x'), padding: 'x'.repeat(500) }));
  const width = 1_000;
  try {
    return await timed(backlog, async () => {
      const js = nats.jetstream();
      for (let n = 0; n < backlog; n += width) {
        await Promise.all(Array.from({ length: width }, (_, index) => js.publish('benchplain.x', body, { msgID: `${n + index}` })));
      }
    });
  } finally {
    await jsm.streams.delete('BENCH_PLAIN');
  }
};

const throughput = async (bench: Bench): Promise<readonly Line[]> => {
  await fill(bench);
  const relayed = await timed(backlog, async () => {
    const relay = startRelay({ store: bench.source.store, nats: bench.nats });
    await settled(() => isPublished(bench.source.store));
    await relay.stop();
  });
  const plain = await plainPublish(bench);
  const ratio = relayed.rate / plain.rate;
  const lines: Line[] = [{ what: 'relay, log to JetStream', ours: relayed.shown, peer: plain.shown, ratio }];
  for (const kind of ['own tables', 'own log'] as const) {
    let handled = 0;
    const watch = new Stopwatch();
    watch.handled = () => {
      handled += 1;
    };
    const before = (await (await bench.nats.jetstreamManager()).streams.info(logStreamOf('benchsource'))).state.messages;
    await bench.target.pool.query('TRUNCATE once, events, bills');
    await (await bench.nats.jetstreamManager()).consumers
      .delete(logStreamOf('benchsource'), `benchtarget--${kind === 'own log' ? 'reactor' : 'writer'}--benchsource`)
      .catch(() => false);
    const consumed = await timed(before, async () => {
      const consumers = startConsumers({ consumers: [kinds[kind](watch)], store: bench.target.store, nats: bench.nats });
      await settled(() => handled >= before).finally(consumers.stop);
    });
    lines.push({ what: `consumer that writes into ${kind}`, ours: consumed.shown, peer: '–' });
  }
  return lines;
};

/** From one service's commit to another's handler: one PostgreSQL with fsync on, one nats-server, both ends in this process. */
export const benchRelay = async (server: string, natsUrl: string): Promise<Report> => {
  const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
  const jsm = await nats.jetstreamManager();
  const drop = (): Promise<boolean> => jsm.streams.delete(logStreamOf('benchsource')).catch(() => false);
  await drop();
  const source = await freshStore(server, 'benchsource', [SourceEvents]);
  const target = await freshStore(server, 'benchtarget', [TargetEvents]);
  await target.pool.query('CREATE TABLE bills (run text NOT NULL, ran_ms int NOT NULL)');
  const bench = { source, target, nats };
  try {
    const lines: Line[] = [];
    for (const kind of ['own tables', 'own log'] as const) lines.push(await idle(bench, kind));
    for (const kind of ['own tables', 'own log'] as const) lines.push(await busy(bench, kind));
    return { name: 'relay', lines: [...lines, ...(await throughput(bench))] };
  } finally {
    await drop();
    await source.close();
    await target.close();
    await nats.close();
  }
};
