import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { guardrailSecretOf } from '@orrery/credentials';
import { isPublicAddress } from '@orrery/process';
import { Agent, type Dispatcher } from 'undici';
import type { HttpGuardrail } from '../guards.ts';
import { signatureOf, type Verdict, verdictIn } from './verdict.ts';

/** Of one organization, at the same time: who answers slowly does not keep the others waiting. */
const mostAtOnce = 64;
const longestVerdict = 8_388_608;

export interface Questioning {
  readonly orgId: string;
  readonly requestId: string;
  readonly keyId: string | null;
  readonly model: string;
  readonly stage: 'request' | 'answer';
  readonly texts: readonly string[];
}

export interface ElsewhereOptions {
  /** What secrets of organizations are made of. */
  readonly signingKey: Buffer;
  /** Hosts of our own network that may be asked all the same, also without TLS. */
  readonly trustedHosts: readonly string[];
  readonly clock: () => number;
}

/** Why there is no verdict. */
export class NoVerdict extends Error {
  override readonly name = 'NoVerdict';
}

/** After the name was resolved, so that no name leads into our own network. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error || first === undefined) callback(error ?? new NoVerdict('the host has no address'), '', 0);
    else if (!addresses.every(({ address }) => isPublicAddress(address))) callback(new NoVerdict('the host is not a public one'), '', 0);
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** Asks guardrails of organizations for their verdict. */
export class Elsewhere {
  readonly #options: ElsewhereOptions;
  readonly #public = new Agent({ connect: { lookup: publicOnly, timeout: 5_000 }, connections: 16, pipelining: 1 });
  readonly #trusted = new Agent({ connect: { timeout: 5_000 }, connections: 16, pipelining: 1 });
  /** How many questions are open, by organization. */
  readonly #open = new Map<string, number>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** Throws where there is no verdict. */
  async ask(guardrail: HttpGuardrail, questioning: Questioning): Promise<Verdict> {
    const { orgId } = questioning;
    const open = this.#open.get(orgId) ?? 0;
    if (open >= mostAtOnce) throw new NoVerdict('too many are asked at once');
    this.#open.set(orgId, open + 1);
    try {
      return await this.#post(guardrail, questioning);
    } finally {
      const left = (this.#open.get(orgId) ?? 1) - 1;
      if (left === 0) this.#open.delete(orgId);
      else this.#open.set(orgId, left);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#public.destroy(), this.#trusted.destroy()]);
  }

  async #post({ name, url, timeoutMs }: HttpGuardrail, asked: Questioning): Promise<Verdict> {
    const { signingKey, clock } = this.#options;
    const to = new URL(url);
    const body = JSON.stringify({ version: 1, guardrail: name, ...asked });
    const { statusCode, body: answer } = await this.#agentFor(to).request({
      origin: to.origin,
      path: `${to.pathname}${to.search}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'orrery',
        'x-orrery-signature': signatureOf(guardrailSecretOf(signingKey, asked.orgId), Math.floor(clock() / 1_000), body),
      },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const verdict = statusCode === 200 ? verdictIn(await textOf(answer), asked.texts.length) : undefined;
    if (verdict !== undefined) return verdict;
    // Of what nobody reads the end is no fault; unheard it would end this process.
    answer.on('error', () => undefined).destroy();
    throw new NoVerdict(statusCode === 200 ? 'it said something else' : `it answered ${statusCode}`);
  }

  #agentFor({ protocol, hostname }: URL): Agent {
    if (this.#options.trustedHosts.includes(hostname)) return this.#trusted;
    if (protocol !== 'https:') throw new NoVerdict('it is asked with TLS alone');
    // No name is looked up for it.
    if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) throw new NoVerdict('the host must have a name');
    return this.#public;
  }
}

const textOf = async (answer: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > longestVerdict) throw new NoVerdict('it is too long');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
};
