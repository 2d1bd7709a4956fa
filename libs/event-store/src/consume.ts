import type { EventContract } from '@orrery/contracts';
import { type BackOff, pause, pauseOf, persist } from '@orrery/kernel';
import { type Log, logOf, metrics } from '@orrery/telemetry';
import type { ConsumerMessages, NatsConnection } from 'nats';
import { sourcesOf } from './consume-delivery.ts';
import { type Durable, defaultWindow, ensureDurable } from './consume-durable.ts';
import { ConsumerRun, defaultAckWaitMs } from './consume-run.ts';
import { type Consumer } from './consumer.ts';
import type { EventStore } from './event-store.ts';
import { type Locks, openLocks } from './locks.ts';
import { linkOf } from './nats-link.ts';
import { streamErrorOf, streamErrors } from './streams.ts';

export interface ConsumersOptions {
  readonly consumers: readonly Consumer[];
  readonly store: Pick<EventStore, 'service' | 'commit' | 'pool' | 'clock'>;
  readonly nats: NatsConnection;
  readonly log?: Log;
}

export interface Consumers {
  /** Takes no more, finishes what is under way, and acknowledges it. */
  readonly stop: () => Promise<void>;
}

const pullBackOff: BackOff = { firstMs: 50, longestMs: 2_000 };
const databaseBackOff: BackOff = { firstMs: 100, longestMs: 2_000 };
const askForLock: BackOff = { firstMs: 400, longestMs: 400 };
const pull = { expires: 30_000, idle_heartbeat: 5_000, abort_on_missing_resource: true };
const drainMs = 10_000;
const observeEveryMs = 10_000;

/** A consumer and one of its sources. */
interface Line {
  readonly consumer: Consumer;
  readonly source: string;
  readonly contracts: readonly EventContract[];
}

interface Surroundings extends ConsumersOptions {
  readonly log: Log;
}

const observe = async ({ nats }: Surroundings, { consumer }: Line, { stream, name }: Durable): Promise<void> => {
  const { num_pending, num_ack_pending } = await (await nats.jetstreamManager()).consumers.info(stream, name);
  metrics.consumerLag.record(num_pending + num_ack_pending, { service: consumer.service, consumer: consumer.name });
};

/** Says of events that left the stream before this consumer came to them: the log has them, and a refill brings them back. */
const reportLost = async ({ nats, log }: Surroundings, { consumer }: Line, { stream, name }: Durable): Promise<void> => {
  const jsm = await nats.jetstreamManager();
  const [{ ack_floor }, { state }] = await Promise.all([jsm.consumers.info(stream, name), jsm.streams.info(stream)]);
  if (ack_floor.stream_seq > 0 && ack_floor.stream_seq + 1 < state.first_seq && state.messages > 0) {
    log.error({ consumer: consumer.name, stream }, 'events left the stream before they were handled: refill it from the log');
  }
};

/** Receives until the signal, or until JetStream has no such stream or durable any more. */
const receive = async (surroundings: Surroundings, line: Line, run: ConsumerRun, signal: AbortSignal): Promise<void> => {
  const { nats } = surroundings;
  const link = linkOf(nats);
  await link.connected(signal);
  if (signal.aborted) return;
  const cut = link.cut();
  const [durable, pulled] = await link.whole(async () => {
    const jsm = await nats.jetstreamManager();
    const found = await ensureDurable(jsm, line.consumer, { source: line.source, types: line.contracts.map(({ type }) => type) });
    await reportLost(surroundings, line, found);
    const { through, deliveries } = found.earlier;
    const messages: ConsumerMessages = await (await nats.jetstream().consumers.get(found.stream, found.name)).consume({
      ...pull,
      max_messages: line.consumer.window ?? defaultWindow,
      callback: (message) => run.receive(message, message.seq <= through ? deliveries : 0),
    });
    // Nobody waits for it any more.
    if (cut.aborted) void messages.close();
    return [found, messages] as const;
  });
  const close = (): void => void pulled.close();
  signal.addEventListener('abort', close);
  // The signal may have come while the durable was being looked for: it comes once.
  if (signal.aborted) close();
  // A gauge that was not taken is taken the next time.
  const observing = setInterval(() => void observe(surroundings, line, durable).catch(() => undefined), observeEveryMs);
  try {
    const ended = await pulled.closed();
    if (ended instanceof Error) throw ended;
  } finally {
    clearInterval(observing);
    signal.removeEventListener('abort', close);
  }
};

/** What is under way may end, within bounds. */
const drained = async (run: ConsumerRun): Promise<void> => {
  const enough = new AbortController();
  await Promise.race([run.settled(), pause(drainMs, enough.signal)]);
  enough.abort();
};

/** One consumer on one source, until the signal. */
const work = async (surroundings: Surroundings, line: Line, signal: AbortSignal): Promise<void> => {
  const { log } = surroundings;
  const run = new ConsumerRun({ ...surroundings, ...line, signal });
  const ackWaitMs = line.consumer.ackWaitMs ?? defaultAckWaitMs;
  const beat = setInterval(() => run.keepAlive(), ackWaitMs / 6);
  const failed = (err: unknown, pauseMs: number): void => {
    const facts = { consumer: line.consumer.name, source: line.source, pauseMs: Math.round(pauseMs) };
    // A source that has not started yet has no stream; it will come.
    if (streamErrorOf(err) === streamErrors.notFound) log.debug(facts, 'waiting for the stream of the source');
    else log.warn({ err, ...facts }, 'the consumer stumbled');
  };
  try {
    await persist(() => receive(surroundings, line, run, signal), { signal, backOff: pullBackOff, failed });
    await drained(run);
  } finally {
    clearInterval(beat);
  }
};

const linesOf = (consumer: Consumer): readonly Line[] =>
  [...sourcesOf(consumer.events)].map(([source, contracts]) => ({ consumer, source, contracts }));

/** An ordered consumer works in one process at a time: in the one that has its lock. */
const workAlone = async (surroundings: Surroundings, line: Line, locks: Locks, stopped: AbortSignal): Promise<void> => {
  const signal = AbortSignal.any([stopped, locks.lost]);
  const lock = `consumer:${line.consumer.name}:${line.source}`;
  while (!signal.aborted && !(await locks.take(lock))) await pause(pauseOf(1, askForLock), signal);
  if (!signal.aborted) await work(surroundings, line, signal);
};

/** Starts consumers; they outlive their servers and wait for their sources. */
export const startConsumers = (options: ConsumersOptions): Consumers => {
  const { store, consumers, nats } = options;
  // Watching from now on: a connection that fell unseen looks like one that stands.
  linkOf(nats);
  const surroundings = { ...options, log: options.log ?? logOf(store.service) };
  const names = new Set(consumers.map(({ name }) => name));
  // They would share an inbox, and each would pass over what the other had.
  if (names.size < consumers.length) throw new TypeError(`two consumers of ${store.service} have one name`);
  const stopped = new AbortController();
  const lines = consumers.flatMap(linesOf);
  const ordered = lines.filter(({ consumer: { order = 'stream' } }) => order === 'stream');
  const free = lines.filter(({ consumer: { order } }) => order === 'none');

  const alone = async (): Promise<void> => {
    const locks = await openLocks(store.pool, `${store.service}-consumers`);
    try {
      await Promise.all(ordered.map((line) => workAlone(surroundings, line, locks, stopped.signal)));
    } finally {
      await locks.close();
    }
    if (!stopped.signal.aborted) throw new Error('the consumers lost their locks', { cause: locks.lost.reason });
  };
  const failed = (err: unknown, pauseMs: number): void =>
    surroundings.log.warn({ err, pauseMs: Math.round(pauseMs) }, 'the consumers have no database');

  const running = [
    ...free.map((line) => work(surroundings, line, stopped.signal)),
    ...(ordered.length > 0 ? [persist(alone, { signal: stopped.signal, backOff: databaseBackOff, failed })] : []),
  ];
  return {
    stop: async () => {
      stopped.abort();
      await Promise.all(running);
      if (!nats.isClosed()) await nats.flush();
    },
  };
};
