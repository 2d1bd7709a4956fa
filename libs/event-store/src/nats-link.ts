import { setMaxListeners } from 'node:events';
import { Events, type NatsConnection } from 'nats';

/** Whether a connection to NATS stands, for those who must not wait for time-outs to learn that it fell. */
export interface NatsLink {
  /** Aborted when the connection that stands now falls. */
  readonly cut: () => AbortSignal;
  /** Resolves when a connection stands, or when the signal says not to wait. */
  readonly connected: (signal: AbortSignal) => Promise<void>;
  /** The work, which fails as soon as the connection falls: an answer that went with it would be waited for in vain. */
  readonly whole: <T>(work: () => Promise<T>) => Promise<T>;
}

const links = new WeakMap<NatsConnection, NatsLink>();

const watch = (nats: NatsConnection): NatsLink => {
  const standing = (): AbortController => {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    return controller;
  };
  let cut = standing();
  let waiting: (() => void)[] = [];
  const fall = (): void => cut.abort(new Error('the connection to NATS fell'));
  // The server's greeting is there exactly while a connection stands.
  if (nats.info === undefined) fall();
  const follow = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === Events.Disconnect) fall();
      if (type !== Events.Reconnect) continue;
      cut = standing();
      for (const resume of waiting.splice(0)) resume();
    }
    fall();
  };
  // Ends with the connection; its iterator never fails.
  void follow();
  return {
    whole: (work) =>
      new Promise((resolve, reject) => {
        const { signal } = cut;
        const fell = (): void => reject(signal.reason);
        if (signal.aborted) return fell();
        signal.addEventListener('abort', fell);
        work()
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', fell));
      }),
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
