import { setTimeout as pause } from 'node:timers/promises';
import { type Line, quantile, type Report } from './measure.ts';
import {
  allKinds,
  commitOne,
  consumerOf,
  consuming,
  drained,
  ended,
  fromTheStart,
  type Kind,
  openRig,
  published,
  type Rig,
  relaying,
  settled,
} from './relay-rig.ts';

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

const idleEvents = 400;
const idleGapMs = 40;
const busyPerSecond = 2_000;
const busySeconds = 8;
const tickMs = 5;
const backlog = 20_000;

/** From commit to handler, while `load` commits what it tells the stopwatch of. */
const latencies = async (rig: Rig, kind: Kind, load: (commit: () => Promise<void>) => Promise<number>): Promise<Stopwatch> => {
  const watch = new Stopwatch();
  const declared = consumerOf(kind, (id) => watch.handled(id));
  const commit = async (): Promise<void> => watch.committed(await commitOne(rig));
  await relaying(rig, () =>
    consuming(rig, declared, async () => {
      for (let n = 0; n < 50; n += 1) await Promise.all(Array.from({ length: 20 }, () => commitOne(rig)));
      await published(rig);
      // What an earlier measurement published is a backlog for this consumer.
      await drained(rig, declared);
      const sent = await load(commit);
      await settled(() => watch.latencies.length === sent);
    }),
  );
  return watch;
};

const latencyLine = (what: string, { latencies: all }: Stopwatch, goalMs: number): Line => {
  const p99 = quantile(all, 0.99);
  return {
    what,
    ours: `p50 ${quantile(all, 0.5).toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  max ${Math.max(...all).toFixed(1)} ms`,
    peer: '–',
    goal: `p99 ≤ ${goalMs} ms`,
    isMet: p99 <= goalMs,
  };
};

const idle = async (rig: Rig, kind: Kind): Promise<Line> => {
  const watch = await latencies(rig, kind, async (commit) => {
    for (let n = 0; n < idleEvents; n += 1) {
      await pause(idleGapMs);
      await commit();
    }
    return idleEvents;
  });
  return latencyLine(`commit → handler that writes into ${kind}, idle`, watch, 15);
};

const busy = async (rig: Rig, kind: Kind): Promise<Line> => {
  const perTick = (busyPerSecond * tickMs) / 1_000;
  const watch = await latencies(rig, kind, async (commit) => {
    const startedAt = performance.now();
    const commits: Promise<void>[] = [];
    // Open loop: so many at their time, whether or not the last ones are done.
    for (let tick = 0; tick < (busySeconds * 1_000) / tickMs; tick += 1) {
      const due = startedAt + tick * tickMs;
      if (performance.now() < due) await pause(due - performance.now());
      for (let n = 0; n < perTick; n += 1) commits.push(commit());
    }
    await Promise.all(commits);
    return commits.length;
  });
  return latencyLine(`commit → handler that writes into ${kind}, ${busyPerSecond} events/s`, watch, 60);
};

interface Timed {
  readonly rate: number;
  readonly shown: string;
}

const timed = async (count: number, work: () => Promise<void>): Promise<Timed> => {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const rate = (count / (performance.now() - startedAt)) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate, shown: `${Math.round(rate)}/s  ${Math.round((user + system) / count)} µs CPU` };
};

const fill = async (rig: Rig): Promise<void> => {
  const width = 200;
  for (let n = 0; n < backlog; n += width) await Promise.all(Array.from({ length: width }, () => commitOne(rig)));
};

/** The peer: the client's own publish, a thousand at a time, of messages of the same size, with no database behind it. */
const plainPublish = async ({ nats }: Rig): Promise<Timed> => {
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

const relayed = async (rig: Rig): Promise<Line> => {
  await fill(rig);
  const ours = await timed(backlog, () => relaying(rig, () => published(rig)));
  const plain = await plainPublish(rig);
  return { what: 'relay, log to JetStream', ours: ours.shown, peer: plain.shown, ratio: ours.rate / plain.rate };
};

const consumed = async (rig: Rig, kind: Kind): Promise<Line> => {
  let handled = 0;
  const declared = consumerOf(kind, () => {
    handled += 1;
  });
  const all = await fromTheStart(rig, declared);
  const { shown } = await timed(all, () => consuming(rig, declared, () => settled(() => handled >= all)));
  return { what: `consumer that writes into ${kind}`, ours: shown, peer: '–' };
};

/** From one service's commit to another's handler: one PostgreSQL with fsync on, one nats-server, both ends in this process. */
export const benchRelay = async (server: string, natsUrl: string): Promise<Report> => {
  const rig = await openRig(server, natsUrl);
  try {
    const lines: Line[] = [];
    for (const kind of allKinds) lines.push(await idle(rig, kind));
    for (const kind of allKinds) lines.push(await busy(rig, kind));
    lines.push(await relayed(rig));
    for (const kind of allKinds) lines.push(await consumed(rig, kind));
    return { name: 'relay', lines };
  } finally {
    await rig.close();
  }
};
