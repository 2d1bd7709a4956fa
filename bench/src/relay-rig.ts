import { setTimeout as pause } from 'node:timers/promises';
import { events } from '@orrery/contracts';
import {
  type Consumer,
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

/** The size and shape of a real event: a run has ended. */
const SourceEvents = events('benchsource', {
  RunEnded: z.strictObject({ runId: z.string(), machineType: z.string(), nanosPerSecond: z.string(), ranMs: z.int(), message: z.string() }),
});
const TargetEvents = events('benchtarget', { RunBilled: z.strictObject({ runId: z.string() }) });

export const ended = (runId: string) => ({
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

/** Two services, each with a log of its own, and the bus between them; all in this process. */
export interface Rig {
  readonly source: Opened;
  readonly target: Opened;
  readonly nats: NatsConnection;
  readonly close: () => Promise<void>;
}

export const openRig = async (server: string, natsUrl: string): Promise<Rig> => {
  const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
  const jsm = await nats.jetstreamManager();
  const drop = (): Promise<boolean> => jsm.streams.delete(logStreamOf('benchsource')).catch(() => false);
  await drop();
  const source = await freshStore(server, 'benchsource', [SourceEvents]);
  const target = await freshStore(server, 'benchtarget', [TargetEvents]);
  await target.pool.query('CREATE TABLE bills (run text NOT NULL, ran_ms int NOT NULL)');
  const close = async (): Promise<void> => {
    await drop();
    await source.close();
    await target.close();
    await nats.close();
  };
  return { source, target, nats, close };
};

const metadata = { correlationId: 'bench', causationId: 'bench', actor: 'service:bench' };

/** Gives the id of the event. */
export const commitOne = async ({ source }: Rig): Promise<string> => {
  const runId = v7();
  const { facts } = await source.store.commit({ appends: [{ stream: `run-${runId}`, expected: 0, events: [ended(runId)] }], metadata });
  return facts[0]?.id ?? '';
};

type Handled = (eventId: string) => void;

const writer = (handled: Handled): Consumer =>
  consumer({
    service: 'benchtarget',
    name: 'writer',
    events: [SourceEvents.RunEnded],
    write: async ({ id, event }, client) => {
      handled(id);
      await client.query({
        name: 'bill',
        text: 'INSERT INTO bills (run, ran_ms) VALUES ($1, $2)',
        values: [event.data.runId, event.data.ranMs],
      });
    },
  });

const reactor = (handled: Handled): Consumer =>
  consumer({
    service: 'benchtarget',
    name: 'reactor',
    events: [SourceEvents.RunEnded],
    react: async ({ id, event }) => {
      handled(id);
      return { appends: [{ stream: `bill-${id}`, expected: 0, events: [{ type: 'RunBilled', data: { runId: event.data.runId } }] }] };
    },
  });

const kinds = { 'own tables': writer, 'own log': reactor };
/** Where a consumer's handler writes. */
export type Kind = keyof typeof kinds;
export const allKinds: readonly Kind[] = ['own tables', 'own log'];
export const consumerOf = (kind: Kind, handled: Handled): Consumer => kinds[kind](handled);

const longestMs = 120_000;

export const settled = async (done: () => boolean | Promise<boolean>): Promise<void> => {
  const until = performance.now() + longestMs;
  while (!(await done())) {
    if (performance.now() > until) throw new Error('the events did not arrive within two minutes');
    await pause(2);
  }
};

export const published = ({ source }: Rig): Promise<void> => settled(() => isPublished(source.store));

const durableOf = ({ name }: Consumer): string => `benchtarget--${name}--benchsource`;

/** Until nothing is left for the consumer to do. */
export const drained = async ({ nats }: Rig, declared: Consumer): Promise<void> => {
  const { consumers } = await nats.jetstreamManager();
  await settled(async () => {
    const info = await consumers.info(logStreamOf('benchsource'), durableOf(declared));
    return info.num_pending + info.num_ack_pending === 0;
  });
};

/** The consumer begins at the first event again, and nothing has had its effect; gives how many events there are. */
export const fromTheStart = async ({ nats, target }: Rig, declared: Consumer): Promise<number> => {
  const jsm = await nats.jetstreamManager();
  await target.pool.query('TRUNCATE once, events, bills');
  await jsm.consumers.delete(logStreamOf('benchsource'), durableOf(declared)).catch(() => false);
  return (await jsm.streams.info(logStreamOf('benchsource'))).state.messages;
};

export const consuming = async (rig: Rig, declared: Consumer, work: () => Promise<void>): Promise<void> => {
  const consumers = startConsumers({ consumers: [declared], store: rig.target.store, nats: rig.nats });
  try {
    await work();
  } finally {
    await consumers.stop();
  }
};

export const relaying = async (rig: Rig, work: () => Promise<void>): Promise<void> => {
  const relay = startRelay({ store: rig.source.store, nats: rig.nats });
  try {
    await work();
  } finally {
    await relay.stop();
  }
};
