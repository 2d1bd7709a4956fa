import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { quantile, type Report } from './measure.ts';

const clients = 600;
const quietMs = 8_000;
const readers = 4;
const patienceMs = 60_000;
/** How much slower a cheap route may be for those who are logged in already. */
const goal = 2;

const LoggedIn = z.object({ accessToken: z.string() });

interface Account {
  readonly email: string;
  readonly password: string;
}

const post = (origin: string, path: string, body: object): Promise<Response> =>
  fetch(new URL(path, origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });

/** As a client does that is told when to come again: tries until it is in; says how often it was sent away. */
const insist = async (ask: () => Promise<Response>): Promise<{ readonly body: unknown; readonly sentAway: number }> => {
  for (let sentAway = 0; ; sentAway += 1) {
    const response = await ask();
    const body: unknown = await response.json();
    if (response.ok) return { body, sentAway };
    if (response.status !== 429 && response.status < 500) throw new Error(`answered ${response.status}: ${JSON.stringify(body)}`);
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    await pause(1_000 * Math.min(30, seconds) * (0.75 + Math.random() / 2));
  }
};

const signUps = async (origin: string): Promise<readonly Account[]> => {
  const accounts = Array.from({ length: clients }, () => ({ email: `${randomUUID()}@example.com`, password: randomUUID() }));
  const left = [...accounts];
  const work = async (): Promise<void> => {
    for (let account = left.pop(); account; account = left.pop()) {
      const signingUp = account;
      await insist(() => post(origin, '/orrery/v1/users', signingUp));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return accounts;
};

const logIn = (origin: string, account: Account) => insist(() => post(origin, '/orrery/v1/sessions', account));

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
  const loggedIn = await Promise.all(accounts.map((account) => logIn(origin, account)));
  const tookMs = performance.now() - began;
  over.abort();
  const storm = await busy;
  const sentAway = loggedIn.reduce((sum, each) => sum + each.sentAway, 0);
  const line = (what: string, part: number) => ({
    what: `a cheap route for who is logged in already, ${what}`,
    ours: `${quantile(storm.latencies, part).toFixed(1)} ms`,
    peer: `${quantile(quiet.latencies, part).toFixed(1)} ms when it is quiet`,
    ratio: quantile(storm.latencies, part) / quantile(quiet.latencies, part),
    goal: `≤ ${goal} ×`,
    isMet: quantile(storm.latencies, part) <= goal * quantile(quiet.latencies, part),
  });
  return {
    name: `${clients} log-ins at one moment`,
    lines: [
      line('p50', 0.5),
      line('p99', 0.99),
      {
        what: 'answers that were none, meanwhile',
        ours: `${storm.failed.length} of ${storm.latencies.length}`,
        peer: `${quiet.failed.length} of ${quiet.latencies.length} when it is quiet`,
      },
      { what: 'until the last one is in', ours: `${(tookMs / 1_000).toFixed(1)} s`, peer: `${sentAway} told to come again meanwhile` },
    ],
  };
};
