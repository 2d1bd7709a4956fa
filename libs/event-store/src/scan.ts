import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JsMsg, type NatsConnection, nanos, nuid } from 'nats';

export interface Scan {
  readonly stream: string;
  /** From this sequence or instant on; default: from the first message. */
  readonly from?: number | Date;
  readonly filter?: string;
  readonly headersOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const fetchSize = 2_000;
const fetchMs = 5_000;
/** The server forgets a reader that died after this. */
const forgottenAfterMs = 30_000;

const startOf = (from: Scan['from']): Partial<ConsumerConfig> => {
  if (from === undefined) return { deliver_policy: DeliverPolicy.All };
  if (from instanceof Date) return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from) };
};

/** Reads a stream once, in order and without acknowledging, until its end or until `look` answers false. */
export const scan = async (nats: NatsConnection, what: Scan, look: (message: JsMsg) => boolean): Promise<void> => {
  const jsm = await nats.jetstreamManager();
  const { name, num_pending } = await jsm.consumers.add(what.stream, {
    name: nuid.next(),
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(forgottenAfterMs),
    mem_storage: true,
    ...(what.headersOnly === true ? { headers_only: true } : {}),
    ...(what.filter === undefined ? {} : { filter_subject: what.filter }),
    ...startOf(what.from),
  });
  try {
    const consumer = await nats.jetstream().consumers.get(what.stream, name);
    let pending = num_pending;
    while (pending > 0 && what.signal?.aborted !== true) {
      pending = 0;
      for await (const message of await consumer.fetch({ max_messages: fetchSize, expires: fetchMs })) {
        if (!look(message)) return;
        pending = message.info.pending;
        if (pending === 0) break;
      }
    }
  } finally {
    // It is forgotten anyway; this only frees it sooner.
    await jsm.consumers.delete(what.stream, name).catch(() => false);
  }
};
