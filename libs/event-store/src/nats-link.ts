import { Events, type NatsConnection } from 'nats';

/** Whether a connection to NATS stands, for those who must not wait for time-outs to learn that it fell. */
export interface NatsLink {
  /** Aborted when the connection that stands now falls. */
  readonly cut: () => AbortSignal;
  /** Resolves when a connection stands, or when the signal says not to wait. */
  readonly connected: (signal: AbortSignal) => Promise<void>;
}

const links = new WeakMap<NatsConnection, NatsLink>();

const watch = (nats: NatsConnection): NatsLink => {
  let cut = new AbortController();
  let waiting: (() => void)[] = [];
  const fall = (): void => cut.abort(new Error('the connection to NATS fell'));
  // The server's greeting is there exactly while a connection stands.
  if (nats.info === undefined) fall();
  const follow = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === Events.Disconnect) fall();
      if (type !== Events.Reconnect) continue;
      cut = new AbortController();
      for (const resume of waiting.splice(0)) resume();
    }
    fall();
  };
  // Ends with the connection; its iterator never fails.
  void follow();
  return {
    cut: () => cut.signal,
    connected: (signal) =>
      new Promise((resolve) => {
        if (!cut.signal.aborted || signal.aborted) return resolve();
        const resume = (): void => {
          waiting = waiting.filter((other) => other !== resume);
          signal.removeEventListener('abort', resume);
          resolve();
        };
        waiting.push(resume);
        signal.addEventListener('abort', resume);
      }),
  };
};

/** The one watcher of a connection, however many ask for it. */
export const linkOf = (nats: NatsConnection): NatsLink => {
  const link = links.get(nats) ?? watch(nats);
  links.set(nats, link);
  return link;
};
