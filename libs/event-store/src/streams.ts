import { inference } from '@orrery/contracts';
import type { Log } from '@orrery/telemetry';
import {
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { logStreamOf, tokenOf } from './subjects.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const gibibyte = 1024 ** 3;

/** How long a log stream holds an event by default. The log in PostgreSQL holds it for ever; a refill brings it back. */
export const defaultMaxAgeMs = 7 * day;

export const deadStream = 'DEAD';
const outputStream = 'OUTPUT';
const metricsStream = 'METRICS';
const { stream: contentStream, subject: contentSubject } = inference.contentTransport;
const { stream: usageStream, subject: usageSubject } = inference.usageTransport;

/** Batches of one run that wait for the store at a time; its machine keeps the others, and offers them again. */
export const outputWaiting = 64;

/** JetStream's own numbers for what can go wrong. */
export const streamErrors = {
  insufficientStorage: 10_047,
  nameInUse: 10_058,
  notFound: 10_059,
  storeFailed: 10_077,
  consumerNotFound: 10_014,
  noMessageFound: 10_037,
  wrongLastSequence: 10_071,
} as const;

export const streamErrorOf = (error: unknown): number | undefined => (error instanceof NatsError ? error.api_error?.err_code : undefined);

type Declared = Pick<StreamConfig, 'name' | 'subjects' | 'max_age' | 'duplicate_window'> & Partial<StreamConfig>;

export interface StreamLimits {
  readonly maxAgeMs?: number;
  /** Copies in a cluster; left out: as many as the stream has, and one of a new one. */
  readonly replicas?: number;
}

/** Who says nothing of copies must not take away those that an operator has given a stream. */
const copiesOf = (replicas: number | undefined): Pick<Declared, 'num_replicas'> =>
  replicas === undefined ? {} : { num_replicas: replicas };

/** The stream of one service's events: transport, not truth. */
export const logStream = (service: string, { maxAgeMs = defaultMaxAgeMs, replicas }: StreamLimits = {}): Declared => ({
  name: logStreamOf(service),
  subjects: [`log.${tokenOf(service)}.>`],
  max_age: nanos(maxAgeMs),
  duplicate_window: nanos(2 * minute),
  ...copiesOf(replicas),
  description: `Domain events of ${service}, published by its relay and by nobody else`,
});

/** The streams that belong to no service. */
export const commonStreams = ({ replicas }: Pick<StreamLimits, 'replicas'> = {}): readonly Declared[] => [
  {
    name: deadStream,
    subjects: ['dead.>'],
    max_age: nanos(90 * day),
    duplicate_window: nanos(2 * minute),
    ...copiesOf(replicas),
    description: 'Events that a consumer gave up, until an operator replays them',
  },
  {
    name: outputStream,
    subjects: ['tele.output.>'],
    max_age: nanos(day),
    max_bytes: gibibyte,
    duplicate_window: nanos(2 * minute),
    ...copiesOf(replicas),
    // Gone when it is stored; what there is no room for is refused and never pushes out what is here.
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: outputWaiting,
    description: 'Output of runs on its way into the telemetry store',
  },
  {
    name: metricsStream,
    subjects: ['tele.metrics.>'],
    max_age: nanos(hour),
    max_bytes: gibibyte / 4,
    duplicate_window: nanos(2 * minute),
    ...copiesOf(replicas),
    description: 'Samples of machines and runs on their way into the telemetry store',
  },
  {
    name: usageStream,
    subjects: [usageSubject],
    // Money: it stays until it is in the inference log, and what there is no room for stays with whoever has it.
    max_age: 0,
    max_bytes: gibibyte,
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    duplicate_window: nanos(2 * minute),
    ...copiesOf(replicas),
    description: 'What requests for inference came to, on its way into the inference log',
  },
  {
    name: contentStream,
    subjects: [contentSubject],
    // What somebody wrote lies nowhere longer than it must.
    max_age: nanos(day),
    max_bytes: gibibyte,
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    duplicate_window: nanos(2 * minute),
    ...copiesOf(replicas),
    description: 'What was asked and answered where an organization has it logged, on its way into the inference log',
  },
];

const complete = (declared: Declared): Declared => ({
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_bytes: -1,
  allow_direct: true,
  ...declared,
});

const managed = [
  'max_age',
  'max_bytes',
  'max_msgs_per_subject',
  'discard',
  'discard_new_per_subject',
  'duplicate_window',
  'num_replicas',
  'description',
  'allow_direct',
] as const;

const differs = (declared: Declared, actual: StreamConfig): boolean =>
  managed.some((field) => declared[field] !== undefined && declared[field] !== actual[field]) ||
  declared.subjects.join() !== actual.subjects.join();

const add = async (jsm: JetStreamManager, declared: Declared): Promise<void> => {
  try {
    await jsm.streams.add(declared);
  } catch (error) {
    const code = streamErrorOf(error);
    // A small disk cannot reserve the bound; the stream's age still bounds it.
    if (code === streamErrors.insufficientStorage && declared.max_bytes !== -1) return add(jsm, { ...declared, max_bytes: -1 });
    // Another process made it between our look and our act.
    if (code !== streamErrors.nameInUse) throw error;
  }
};

const ensure = async (jsm: JetStreamManager, declared: Declared): Promise<boolean> => {
  try {
    const { config } = await jsm.streams.info(declared.name);
    // What it is for cannot be changed in a stream; what an earlier version left in it is lost with it.
    if (config.retention !== declared.retention) {
      await jsm.streams.delete(declared.name);
      await add(jsm, declared);
      return true;
    }
    const sameBound = config.max_bytes === -1 ? { ...declared, max_bytes: -1 } : declared;
    if (differs(sameBound, config)) await jsm.streams.update(declared.name, { ...config, ...sameBound });
    return false;
  } catch (error) {
    if (streamErrorOf(error) !== streamErrors.notFound) throw error;
    await add(jsm, declared);
    return true;
  }
};

/** Makes what is missing and mends what differs; gives the names of the streams it made. Any number of processes may do so at once. */
export const ensureStreams = async (jsm: JetStreamManager, streams: readonly Declared[]): Promise<readonly string[]> => {
  const made: string[] = [];
  for (const declared of streams) if (await ensure(jsm, complete(declared))) made.push(declared.name);
  return made;
};

export type Durability = 'synced' | 'lazy' | 'unknown';

const syncedSince = { major: 2, minor: 10 };

const syncOf = async (monitoringUrl: string): Promise<Durability> => {
  const response = await fetch(new URL('/varz', monitoringUrl), { signal: AbortSignal.timeout(2_000) });
  const { jetstream }: { jetstream?: { config?: { sync_always?: boolean } } } = JSON.parse(await response.text());
  return jetstream?.config?.sync_always === true ? 'synced' : 'lazy';
};

/** Does the server write to disk before it acknowledges? Servers before 2.10 never do; later ones tell it on their monitoring port only. */
const durabilityOf = async (nats: NatsConnection, monitoringUrl?: string): Promise<Durability> => {
  const [major = 0, minor = 0] = (nats.info?.version ?? '0.0').split('.').map(Number);
  if (major < syncedSince.major || (major === syncedSince.major && minor < syncedSince.minor)) return 'lazy';
  if (monitoringUrl === undefined) return 'unknown';
  try {
    return await syncOf(monitoringUrl);
  } catch {
    return 'unknown';
  }
};

/** PostgreSQL is the truth, so a server that acknowledges before it syncs costs a refill and never a fact: said once, not refused. */
export const reportDurability = async (nats: NatsConnection, log: Log, monitoringUrl?: string): Promise<Durability> => {
  const durability = await durabilityOf(nats, monitoringUrl);
  const facts = { durability, version: nats.info?.version };
  if (durability === 'lazy') {
    log.warn(facts, 'JetStream acknowledges before it syncs: after a power failure events will be refilled from the log');
  }
  return durability;
};
