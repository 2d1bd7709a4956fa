import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { type Account, logIn, signUp } from './login.ts';
import { quantile, type Report } from './measure.ts';

const clients = 600;
const quietMs = 8_000;
const readers = 4;
/** How much slower a cheap route may be for those who are logged in already. */
const goal = 2;

const LoggedIn = z.object({ accessToken: z.string() });

const signUps = async (origin: string): Promise<readonly Account[]> => {
  const accounts = Array.from({ length: clients }, () => ({ email: `${randomUUID()}@example.com`, password: randomUUID() }));
  const left = [...accounts];
  const work = async (): Promise<void> => {
    for (let account = left.pop(); account; account = left.pop()) {
      const signingUp = account;
      await signUp(origin, signingUp);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return accounts;
};

interface Reading {
  readonly latencies: readonly number[];
  /** The status of every answer that was none. */
  readonly failed: readonly number[];
}

/** How long a cheap route takes for somebody who is logged in, until the signal. */
const read = async (origin: string, token: string, signal: AbortSignal): Promise<Reading> => {
  const latencies: number[] = [];
  const failed: number[] = [];
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const began = performance.now();
      const response = await fetch(new URL('/orrery/v1/me', origin), { headers: { authorization: `Bearer ${token}` } });
      await response.arrayBuffer();
      latencies.push(performance.now() - began);
      if (response.status !== 200) failed.push(response.status);
      await pause(20);
    }
  };
  await Promise.all(Array.from({ length: readers }, work));
  return { latencies, failed };
};

const storm = async (origin: string, accounts: readonly Account[]): Promise<number> => {
  const thread = new Worker(new URL('./storm-clients.js', import.meta.url), { workerData: { origin, accounts } });
  const [sentAway] = await once(thread, 'message');
  return z.int().parse(sentAway);
};

/** Everybody logs in at one moment, from one address; somebody else goes on working. */
export const benchLoginStorm = async (origin: string): Promise<Report> => {
  const accounts = await signUps(origin);
  const [first] = accounts;
  if (!first) throw new Error('there is nobody to log in');
  const { accessToken } = LoggedIn.parse((await logIn(origin, first)).body);
  const quiet = await read(origin, accessToken, AbortSignal.timeout(quietMs));
  const over = new AbortController();
  const busy = read(origin, accessToken, over.signal);
  const began = performance.now();
  const sentAway = await storm(origin, accounts);
  const tookMs = performance.now() - began;
  over.abort();
  const stormy = await busy;
  const line = (what: string, part: number) => ({
    what: `a cheap route for who is logged in already, ${what}`,
    ours: `${quantile(stormy.latencies, part).toFixed(1)} ms`,
    peer: `${quantile(quiet.latencies, part).toFixed(1)} ms when it is quiet`,
    ratio: quantile(stormy.latencies, part) / quantile(quiet.latencies, part),
    goal: `≤ ${goal} ×`,
    isMet: quantile(stormy.latencies, part) <= goal * quantile(quiet.latencies, part),
  });
  return {
    name: `${clients} log-ins at one moment`,
    lines: [
      line('p50', 0.5),
      line('p99', 0.99),
      {
        what: 'answers that were none, meanwhile',
        ours: `${stormy.failed.length} of ${stormy.latencies.length}`,
        peer: `${quiet.failed.length} of ${quiet.latencies.length} when it is quiet`,
      },
      { what: 'until the last one is in', ours: `${(tookMs / 1_000).toFixed(1)} s`, peer: `${sentAway} told to come again meanwhile` },
    ],
  };
};
