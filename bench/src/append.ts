import { randomUUID } from 'node:crypto';
import { STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { type EventOf, events } from '@orrery/contracts';
import {
  EventStore,
  type Fact,
  instant,
  integer,
  migrate,
  nullable,
  openDatabase,
  prepareViews,
  rebuildView,
  text,
  uuid,
  view,
} from '@orrery/event-store';
import pg from 'pg';
import { v7 } from 'uuid';
import { z } from 'zod';
import { type Line, type Measured, measure, type Report } from './measure.ts';

/** The size and shape of a real event: a run is submitted. */
const BenchEvents = events('bench', {
  RunSubmitted: z.strictObject({
    runId: z.uuid(),
    orgId: z.uuid(),
    name: z.string().max(200),
    machineType: z.string(),
    nanosPerSecond: z.string(),
    currency: z.enum(['EUR', 'USD']),
    timeoutSeconds: z.int(),
    at: z.iso.datetime(),
  }),
  RunProgressed: z.strictObject({ step: z.int(), at: z.iso.datetime() }),
});
type BenchEvent = EventOf<typeof BenchEvents>;

const runList = view({
  name: 'run-list',
  table: 'run_list',
  columns: {
    runId: text(),
    orgId: uuid(),
    name: text(),
    machineType: text(),
    steps: integer(),
    submittedAt: instant(),
    progressedAt: nullable(instant()),
  },
  key: ['runId'],
  indexes: [['orgId', 'submittedAt']],
  fold: ({ stream: runId, event }: Fact<BenchEvent>) => {
    switch (event.type) {
      case 'RunSubmitted': {
        const { orgId, name, machineType, at } = event.data;
        return [{ put: { runId, orgId, name, machineType, steps: 0, submittedAt: at, progressedAt: null } }];
      }
      case 'RunProgressed':
        return [{ patch: { runId }, set: { progressedAt: event.data.at }, add: { steps: 1 } }];
    }
  },
});

const orgId = randomUUID();
const submitted = (runId: string) => ({
  type: 'RunSubmitted' as const,
  data: {
    runId,
    orgId,
    name: 'train a small classifier',
    machineType: 'gpu.a100',
    nanosPerSecond: '1250000',
    currency: 'EUR' as const,
    timeoutSeconds: 3_600,
    at: new Date().toISOString(),
  },
});
const progressed = (step: number) => ({ type: 'RunProgressed' as const, data: { step, at: new Date().toISOString() } });

const freshDatabase = async (server: string, name: string): Promise<string> => {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

interface Ours {
  readonly store: EventStore;
  readonly append: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The whole path: contract checked, metadata, a row of an inline view, a command's key, a notice. */
const openOurs = async (server: string): Promise<Ours> => {
  const dataSource = await openDatabase({ url: await freshDatabase(server, 'bench_orrery'), applicationName: 'bench' });
  await migrate(dataSource);
  const store = new EventStore({ dataSource, service: 'bench', events: [BenchEvents], views: [runList] });
  await prepareViews(store);
  const metadata = { correlationId: v7(), causationId: v7(), actor: `user:${v7()}`, orgId };
  return {
    store,
    append: () => {
      const runId = v7();
      return store.commit({
        appends: [{ stream: `run-${runId}`, expected: 0, events: [submitted(runId)] }],
        once: { scope: `command run ${orgId}`, key: v7(), answer: { id: runId } },
        metadata,
      });
    },
    close: async () => {
      await store.close();
      await dataSource.destroy();
    },
  };
};

const openPeer = async (server: string) => {
  const store = getPostgreSQLEventStore(await freshDatabase(server, 'bench_emmett'));
  return {
    store,
    append: () => {
      const runId = v7();
      return store.appendToStream(`run-${runId}`, [submitted(runId)], { expectedStreamVersion: STREAM_DOES_NOT_EXIST });
    },
  };
};

const rate = ({ perSecond, cpuMicros, p50Ms, p99Ms }: Measured): string =>
  `${Math.round(perSecond)}/s  ${Math.round(cpuMicros)} µs CPU  p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms`;

const line = (what: string, [ours, peer]: readonly Measured[], goal: number): Line => {
  if (!ours || !peer) throw new TypeError('two contenders were measured');
  const ratio = ours.perSecond / peer.perSecond;
  return { what, ours: rate(ours), peer: rate(peer), ratio, goal: `≥ ${goal} ×`, isMet: ratio >= goal };
};

const appendGoals = [
  { inFlight: 1, goal: 2 },
  { inFlight: 8, goal: 2.5 },
  { inFlight: 32, goal: 6 },
  { inFlight: 256, goal: 10 },
];

const streamLength = 100;
const loadGoals = [
  { inFlight: 1, goal: 4 },
  { inFlight: 32, goal: 4 },
];

const rebuiltEvents = 100_000;
const rebuildGoal = 25_000;

const plan = { rounds: 5, windowMs: 1_500 };

const appends = async (ours: Ours, peer: Awaited<ReturnType<typeof openPeer>>): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for (const { inFlight, goal } of appendGoals) {
    const contenders = [
      { name: 'orrery', run: ours.append },
      { name: 'emmett', run: peer.append },
    ];
    lines.push(line(`append 1 event, ${inFlight} in flight`, await measure(contenders, { ...plan, inFlight }), goal));
  }
  return lines;
};

const loads = async (ours: Ours, peer: Awaited<ReturnType<typeof openPeer>>): Promise<readonly Line[]> => {
  const stream = `run-${v7()}`;
  const all = [submitted(v7()), ...Array.from({ length: streamLength - 1 }, (_, step) => progressed(step))];
  const metadata = { correlationId: v7(), causationId: v7(), actor: `user:${v7()}`, orgId };
  await ours.store.commit({ appends: [{ stream, expected: 0, events: all }], metadata });
  await peer.store.appendToStream(stream, all);
  const evolve = (state: { steps: number }, event: BenchEvent) => ({ steps: state.steps + (event.type === 'RunProgressed' ? 1 : 0) });
  const contenders = [
    {
      name: 'orrery',
      run: async () => (await ours.store.happened<BenchEvent>(stream)).reduce(evolve, { steps: 0 }),
    },
    { name: 'emmett', run: () => peer.store.aggregateStream(stream, { evolve, initialState: () => ({ steps: 0 }) }) },
  ];
  const lines: Line[] = [];
  for (const { inFlight, goal } of loadGoals) {
    lines.push(line(`load ${streamLength} events, ${inFlight} in flight`, await measure(contenders, { ...plan, inFlight }), goal));
  }
  return lines;
};

const rebuild = async ({ store }: Ours): Promise<Line> => {
  const metadata = { correlationId: v7(), causationId: v7(), actor: `user:${v7()}`, orgId };
  const perStream = 20;
  const grow = async (): Promise<void> => {
    const runId = v7();
    const all = [submitted(runId), ...Array.from({ length: perStream - 1 }, (_, step) => progressed(step))];
    await store.commit({ appends: [{ stream: `run-${runId}`, expected: 0, events: all }], metadata });
  };
  for (let written = 0; written < rebuiltEvents; written += perStream * 100) await Promise.all(Array.from({ length: 100 }, grow));
  const rates: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { events: folded, ms } = await rebuildView(store, 'run-list');
    rates.push((folded / ms) * 1_000);
  }
  const perSecond = rates.sort((a, b) => a - b)[1] ?? 0;
  return {
    what: 'rebuild of a view, events/s',
    ours: String(Math.round(perSecond)),
    peer: '–',
    goal: `≥ ${rebuildGoal}`,
    isMet: perSecond >= rebuildGoal,
  };
};

/** Append, load and rebuild against `@event-driven-io/emmett-postgresql`, on one PostgreSQL with fsync on. */
export const benchEventStore = async (server: string): Promise<Report> => {
  const ours = await openOurs(server);
  const peer = await openPeer(server);
  try {
    return { name: 'event store', lines: [...(await appends(ours, peer)), ...(await loads(ours, peer)), await rebuild(ours)] };
  } finally {
    await peer.store.close();
    await ours.close();
  }
};
