import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Place, Problem } from './place.ts';

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

const unanswered = (url: string, cause: unknown, lost: string): Problem =>
  cause instanceof Error && cause.name === 'TimeoutError'
    ? new Problem(`${url} did not answer in time: ${lost}.`, { cause })
    : new Problem(`Nothing answers at ${url}: is the installation running, and is ORRERY_URL right?`, { cause });

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/orrery/v1`. */
  readonly path: string;
  readonly body?: object;
  /** What may have come of it where no answer came in time. */
  readonly lost: string;
  /** A status that is an answer, too. */
  readonly expects?: number;
}

/** What may have been done already is not done twice: a request that is repeated has the key of the first. */
const send = async (url: string, init: Omit<RequestInit, 'signal'>, lost: string): Promise<Response> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(askMs), redirect: 'error' });
    } catch (cause) {
      if (tried >= mostTries) throw unanswered(new URL(url).origin, cause, lost);
      await pause(tried * pauseMs * (0.5 + Math.random()));
    }
  }
};

/** Asks as the operator. Undefined where it is answered with the status that was expected besides. */
export const ask = async ({ url, operatorKey }: Place, { method, path, body, lost, expects }: Asked): Promise<unknown> => {
  const headers = {
    authorization: `Bearer ${operatorKey}`,
    ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await send(`${url}/orrery/v1${path}`, init, lost);
  if (response.status === expects) return undefined;
  if (!response.ok) throw await refusalOf(response);
  return await response.json();
};
