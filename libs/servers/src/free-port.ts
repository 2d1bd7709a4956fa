import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which systems draw the ports of outgoing connections (Linux: 32768–60999), so that nobody
 * takes the port of a server while it is down.
 */
const lowest = 20_000;
const highest = 32_767;
const attempts = 200;

export const isPortFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** A port that was free a moment ago; `wanted` when it is free, so that servers keep their places between runs. */
export const freePort = async (wanted?: number): Promise<number> => {
  if (wanted !== undefined && (await isPortFree(wanted))) return wanted;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port between ${lowest} and ${highest} after ${attempts} tries`);
};
