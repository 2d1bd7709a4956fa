import { setTimeout as pause } from 'node:timers/promises';
import { eventContracts, observability } from '@orrery/contracts';
import { logStreamOf } from '@orrery/event-store';
import type { Running } from '@orrery/process';
import type { Log } from '@orrery/telemetry';
import {
  DiscardPolicy,
  ErrorCode,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from 'nats';

export interface CopiesOptions {
  readonly nats: NatsConnection;
  readonly log: Log;
  /** How often to look whether each log has its copy, and while one has none. */
  readonly everyMs?: number;
  readonly hurriedMs?: number;
}

const { manage, source, delivery } = observability.copies;
const streamNotFound = 10_059;
const answerMs = 5_000;

/** The logs that can be copied. */
const logs = (): readonly string[] => [...new Set(eventContracts.map(({ service }) => logStreamOf(service)))];

const copyOf = ({ config: { name, max_age, num_replicas } }: StreamInfo): Partial<StreamConfig> & { name: string } => ({
  name,
  description: 'A copy for those who read events',
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age,
  num_replicas,
  allow_direct: true,
  mirror: { name, external: { api: source, deliver: delivery } },
});

const infoOf = async (jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> => {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === streamNotFound) return undefined;
    throw error;
  }
};

/** A copy goes on where it stopped, and so would wait for ever in a log that was lost and begins again. */
const isOfAnEarlierLife = (copy: StreamInfo, log: StreamInfo): boolean =>
  copy.state.last_seq > log.state.last_seq || Date.parse(copy.created) < Date.parse(log.created);

const isUpToDate = ({ config }: StreamInfo, log: StreamInfo): boolean =>
  config.max_age === log.config.max_age && config.num_replicas === log.config.num_replicas;

/** No such subject here: a bus without accounts, where whoever reads events reads the logs themselves. */
const hasNoReaders = (error: unknown): boolean => error instanceof NatsError && error.code === ErrorCode.NoResponders;

/**
 * Gives the readers of events a copy of every log in an account of their own, so that nothing they do there reaches the platform.
 * NATS keeps a copy equal to its log; this makes it, and makes it anew when the log was lost. Any number may do so at once.
 */
class Copies {
  private readonly options: CopiesOptions;
  private readonly signal: AbortSignal;

  constructor(options: CopiesOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
  }

  async run(): Promise<void> {
    const { everyMs = 10_000, hurriedMs = Math.min(everyMs, 1_000), log } = this.options;
    while (!this.signal.aborted) {
      const areAllCopied = await this.keep().catch((err: unknown) => {
        if (!hasNoReaders(err) && !this.signal.aborted) log.warn({ err }, 'the copies of the logs for readers could not be looked after');
        return true;
      });
      const wait = areAllCopied ? everyMs : hurriedMs;
      await pause(wait * (0.75 + Math.random() / 2), undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  /** True where every log has its copy: services make their logs when they start. */
  private async keep(): Promise<boolean> {
    const settings = { checkAPI: false, timeout: answerMs };
    const platform = await this.options.nats.jetstreamManager(settings);
    const readers = await this.options.nats.jetstreamManager({ ...settings, apiPrefix: manage });
    let copied = 0;
    for (const name of logs()) if (!this.signal.aborted && (await this.keepOne(name, platform, readers))) copied += 1;
    return copied === logs().length;
  }

  private async keepOne(name: string, platform: JetStreamManager, readers: JetStreamManager): Promise<boolean> {
    // First the copy: what the log gets meanwhile must not look as if the copy were ahead.
    const copy = await infoOf(readers, name);
    const log = await infoOf(platform, name);
    if (!log) return false;
    if (copy && isOfAnEarlierLife(copy, log)) {
      await readers.streams.delete(name);
      this.options.log.warn({ stream: name }, 'the log began again, and so does its copy for readers: they make their consumers anew');
    } else if (copy) {
      if (!isUpToDate(copy, log)) await readers.streams.update(name, { ...copy.config, ...copyOf(log) });
      return true;
    }
    await readers.streams.add(copyOf(log));
    return true;
  }
}

export const keepCopies = (options: CopiesOptions): Running => {
  const stopped = new AbortController();
  const running = new Copies(options, stopped.signal).run();
  return {
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
};
