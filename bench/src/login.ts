import { setTimeout as pause } from 'node:timers/promises';

export interface Account {
  readonly email: string;
  readonly password: string;
}

const patienceMs = 60_000;

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

export const signUp = (origin: string, account: Account) => insist(() => post(origin, '/orrery/v1/users', account));

export const logIn = (origin: string, account: Account) => insist(() => post(origin, '/orrery/v1/sessions', account));
