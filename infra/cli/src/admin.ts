import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Place, Problem } from './place.ts';

export interface NewAdmin {
  readonly username: string;
  readonly email: string | undefined;
  readonly password: string;
}

const askMs = 10_000;
const mostTries = 3;
const pauseMs = 300;

interface Refusal {
  readonly detail?: unknown;
  readonly errors?: readonly { readonly pointer?: unknown; readonly detail?: unknown }[];
}

/** In the words of the API: what is wrong, and where. */
const refusalOf = async (response: Response): Promise<Problem> => {
  const { detail, errors = [] } = (await response.json().catch(() => ({}))) as Refusal;
  const named = errors.map((error) => `${String(error.pointer).replace(/^\//, '')} ${String(error.detail)}`);
  const said = named.length > 0 ? named.join('; ') : typeof detail === 'string' ? detail : response.statusText;
  return new Problem(`The installation refused (${response.status}): ${said}`);
};

const unanswered = (url: string, cause: unknown): Problem =>
  cause instanceof Error && cause.name === 'TimeoutError'
    ? new Problem(`${url} did not answer in time: the account may be there all the same, and its password is known to nobody.`, { cause })
    : new Problem(`Nothing answers at ${url}: is the installation running, and is ORRERY_URL right?`, { cause });

/** What may have been done already is not done twice: a request that is repeated has the key of the first. */
const send = async (url: string, path: string, said: Omit<RequestInit, 'signal'>): Promise<Response> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await fetch(`${url}${path}`, { ...said, signal: AbortSignal.timeout(askMs), redirect: 'error' });
    } catch (cause) {
      if (tried >= mostTries) throw unanswered(url, cause);
      await pause(tried * pauseMs * (0.5 + Math.random()));
    }
  }
};

/** Asks the installation for the account. */
export const createAdmin = async ({ url, operatorKey }: Place, { username, email, password }: NewAdmin): Promise<void> => {
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const body = JSON.stringify({ username, password, isAdministrator: true, ...(email === undefined ? {} : { email }) });
  const response = await send(url, '/orrery/v1/people', { method: 'POST', headers, body });
  if (!response.ok) throw await refusalOf(response);
};
