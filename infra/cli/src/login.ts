import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Environment, Problem, urlOf } from './place.ts';

interface Writing {
  write(text: string): unknown;
}

type Answer = Readonly<Record<string, unknown>>;

/** Belongs to every installation, and keeps no secret. */
const client = '00000000-0000-7000-8000-0000000000c1';
const scope =
  'openid profile email offline_access org:read members:read runs:read runs:create runs:control logs:read metrics:read catalog:read billing:read';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const askMs = 20_000;
const secondMs = 1_000;
const usualSeconds = 5;
const longestSeconds = 3_600;

const heard = async (url: string, init: RequestInit = {}): Promise<{ readonly isGood: boolean; readonly answer: Answer }> => {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(askMs), redirect: 'error' });
    // Whatever it is, only what is expected of it is read.
    return { isGood: response.ok, answer: (await response.json()) as Answer };
  } catch (cause) {
    throw new Problem(`Nothing that is Orrery answers at ${url}: is the installation running, and is ORRERY_URL right?`, { cause });
  }
};

const textIn = (answer: Answer, name: string): string => {
  const value = answer[name];
  if (typeof value !== 'string') throw new Problem(`The installation did not say ${name}: is it a version that knows applications?`);
  return value;
};

const numberIn = (answer: Answer, name: string, otherwise: number): number => {
  const value = answer[name];
  return typeof value === 'number' && value >= 0 ? Math.min(value, longestSeconds) : otherwise;
};

const refusalIn = (answer: Answer): Problem => {
  const said = [answer['error_description'], answer['detail'], answer['error']].find((each) => typeof each === 'string');
  return new Problem(`Not logged in: ${said ?? 'the installation refused'}.`);
};

const send = (endpoint: string, fields: Readonly<Record<string, string>>) =>
  heard(endpoint, { method: 'POST', body: new URLSearchParams({ client_id: client, ...fields }) });

/** Asks until somebody has said yes or no, no more often than it may. */
const waited = async (endpoint: string, begun: Answer): Promise<Answer> => {
  const until = Date.now() + numberIn(begun, 'expires_in', usualSeconds) * secondMs;
  let every = numberIn(begun, 'interval', usualSeconds);
  while (Date.now() < until) {
    await pause(every * secondMs);
    const { isGood, answer } = await send(endpoint, { grant_type: deviceGrant, device_code: textIn(begun, 'device_code') });
    if (isGood) return answer;
    if (answer['error'] === 'slow_down') every += usualSeconds;
    else if (answer['error'] !== 'authorization_pending') throw refusalIn(answer);
  }
  throw new Problem('Not logged in: nobody typed the code in time.');
};

const keep = async (path: string, kept: object): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 });
  // One that was there keeps its mode otherwise.
  await chmod(path, 0o600);
};

/** Logs the command line in for a person: it shows a code, they type it in any browser, and a token lies in a file that only they read. */
export const logIn = async (env: Environment, out: Writing): Promise<void> => {
  const url = urlOf(env);
  const path = env['ORRERY_TOKEN_FILE'] || join(env['HOME'] || homedir(), '.config', 'orrery', 'token.json');
  const { answer: endpoints } = await heard(`${url}/.well-known/openid-configuration`);
  const begun = await send(textIn(endpoints, 'device_authorization_endpoint'), { scope });
  if (!begun.isGood) throw refusalIn(begun.answer);
  out.write(`Open ${textIn(begun.answer, 'verification_uri')} and type ${textIn(begun.answer, 'user_code')}\n`);
  const tokens = await waited(textIn(endpoints, 'token_endpoint'), begun.answer);
  await keep(path, { url, ...tokens });
  out.write(`Logged in. The token lies in ${path}\n`);
};
