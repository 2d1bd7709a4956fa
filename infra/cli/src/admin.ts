import { randomUUID } from 'node:crypto';
import { type Place, Problem } from './place.ts';

export interface NewAdmin {
  readonly username: string;
  readonly email: string | undefined;
  readonly password: string;
}

const askMs = 20_000;

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

/** Asks the installation for the account. What may have been done already is not done twice: the request has a key of its own. */
export const createAdmin = async ({ url, operatorKey }: Place, { username, email, password }: NewAdmin): Promise<void> => {
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const body = JSON.stringify({ username, password, isAdministrator: true, ...(email === undefined ? {} : { email }) });
  const signal = AbortSignal.timeout(askMs);
  const response = await fetch(`${url}/orrery/v1/people`, { method: 'POST', headers, body, signal, redirect: 'error' }).catch(
    (cause: unknown) => {
      throw new Problem(`Nothing answers at ${url}: is the installation running, and is ORRERY_URL right?`, { cause });
    },
  );
  if (!response.ok) throw await refusalOf(response);
};
