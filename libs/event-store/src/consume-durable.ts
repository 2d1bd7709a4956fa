import { AckPolicy, type ConsumerConfig, type ConsumerInfo, DeliverPolicy, type JetStreamManager, nanos, ReplayPolicy } from 'nats';
import { defaultAckWaitMs } from './consume-run.ts';
import type { Consumer } from './consumer.ts';
import { streamErrorOf, streamErrors } from './streams.ts';
import { durableOf, logStreamOf, tokenOf } from './subjects.ts';

/** Where a consumer's messages come from: the stream of a source, and our place in it, which JetStream keeps. */
export interface Durable {
  readonly stream: string;
  readonly name: string;
  /** How often a message up to this sequence was delivered before, by the durable that this one replaced. */
  readonly earlier: { readonly through: number; readonly deliveries: number };
}

export const defaultWindow = 512;

/** What an ordered durable remembers of the ones before it, in its description: there is no other room in JetStream. */
interface Lineage {
  readonly floor: number;
  readonly through: number;
  readonly restarts: number;
}

const lineageOf = ({ config }: ConsumerInfo): Lineage => {
  const match = /floor=(\d+) through=(\d+) restarts=(\d+)/.exec(config.description ?? '');
  const [floor = 0, through = 0, restarts = 0] = (match?.slice(1) ?? []).map(Number);
  return { floor, through, restarts };
};

const describe = ({ floor, through, restarts }: Lineage): string => `floor=${floor} through=${through} restarts=${restarts}`;

const configOf = (consumer: Consumer, source: string, types: readonly string[]): Partial<ConsumerConfig> => {
  const [only, ...more] = types;
  return {
    durable_name: durableOf(consumer.service, consumer.name, source),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(consumer.ackWaitMs ?? defaultAckWaitMs),
    // We count, since JetStream would drop in silence.
    max_deliver: -1,
    max_ack_pending: consumer.window ?? defaultWindow,
    replay_policy: ReplayPolicy.Instant,
    // Servers before 2.10 filter by one subject: several types take all and pass over the others.
    filter_subject: only !== undefined && more.length === 0 ? `log.${tokenOf(source)}.${tokenOf(only)}.>` : `log.${tokenOf(source)}.>`,
  };
};

const infoOf = async (jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | undefined> => {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if (streamErrorOf(error) === streamErrors.consumerNotFound) return undefined;
    throw error;
  }
};

const nothingEarlier = { through: 0, deliveries: 0 };

/**
 * What a dead process had not acknowledged would come again only after its time is up, behind its successors. So an ordered
 * consumer, being alone, begins anew where the acknowledged end: at once and in order.
 */
const restart = async (jsm: JetStreamManager, info: ConsumerInfo, config: Partial<ConsumerConfig>): Promise<Durable['earlier']> => {
  const before = lineageOf(info);
  const floor = info.ack_floor.stream_seq;
  const through = Math.max(info.delivered.stream_seq, floor === before.floor ? before.through : 0);
  const restarts = floor === before.floor ? before.restarts + 1 : 1;
  await jsm.consumers.delete(info.stream_name, info.name);
  await jsm.consumers.add(info.stream_name, {
    ...config,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: floor + 1,
    description: describe({ floor, through, restarts }),
  });
  return { through, deliveries: restarts };
};

/** Makes the durable of a consumer for one source, or finds it as it was left. Fails while the source has no stream. */
export const ensureDurable = async (
  jsm: JetStreamManager,
  consumer: Consumer,
  { source, types }: { readonly source: string; readonly types: readonly string[] },
): Promise<Durable> => {
  const config = configOf(consumer, source, types);
  const stream = logStreamOf(source);
  const name = durableOf(consumer.service, consumer.name, source);
  const info = await infoOf(jsm, stream, name);
  if (!info) {
    await jsm.consumers.add(stream, { ...config, deliver_policy: DeliverPolicy.All });
    return { stream, name, earlier: nothingEarlier };
  }
  if ((consumer.order ?? 'stream') === 'stream' && info.num_ack_pending > 0) {
    return { stream, name, earlier: await restart(jsm, info, config) };
  }
  const { ack_wait, max_ack_pending, filter_subject } = config;
  const same =
    info.config.ack_wait === ack_wait && info.config.max_ack_pending === max_ack_pending && info.config.filter_subject === filter_subject;
  if (!same) await jsm.consumers.update(stream, name, { ...info.config, ...config });
  return { stream, name, earlier: nothingEarlier };
};
