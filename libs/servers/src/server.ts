import { setTimeout as pause } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';
import { isPortFree } from './free-port.ts';

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

const freeWithinMs = 5_000;
const startsAtMost = 3;

const untilFree = async (port: number): Promise<void> => {
  const deadline = Date.now() + freeWithinMs;
  while (!(await isPortFree(port)) && Date.now() < deadline) await pause(20);
};

/**
 * Whoever looks for a free port holds each that it tries for a moment, and threads of a killed process may hold its sockets for a moment after the
 * first of them has ended. So a start that fails is tried again.
 */
const startAgain = async (port: number, start: () => Promise<Daemon>): Promise<Daemon> => {
  for (let left = startsAtMost; ; left -= 1) {
    await untilFree(port);
    try {
      return await start();
    } catch (error) {
      if (left === 1) throw error;
    }
  }
};

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
      daemon = await startAgain(at.port, start);
    },
  };
};
