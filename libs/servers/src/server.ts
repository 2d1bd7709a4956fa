import type { Daemon } from './daemon.ts';

/** A private server on loopback that a test or a developer owns whole. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly isRunning: () => boolean;
  readonly stop: () => Promise<void>;
  /** SIGKILL to it and its children; its data and its port stay. */
  readonly kill9: () => Promise<void>;
  /** Starts it again, on the same port with the same data; stops it first when it runs. */
  readonly restart: () => Promise<void>;
}

/** Gives a daemon that can be started again the face of a `Server`. */
export const serverOf = async (at: { url: string; port: number; dir: string }, start: () => Promise<Daemon>): Promise<Server> => {
  let daemon = await start();
  return {
    ...at,
    isRunning: () => daemon.isRunning(),
    stop: () => daemon.stop(),
    kill9: () => daemon.kill9(),
    restart: async () => {
      if (daemon.isRunning()) await daemon.stop();
      daemon = await start();
    },
  };
};
