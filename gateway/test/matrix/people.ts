import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { eventually } from '@orrery/testing';
import type { Platform } from '../fixtures/platform.ts';

const password = 'a long enough one';

export interface Said {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  /** A stream is left as soon as it has begun. */
  readonly text: string;
}

/** An address of its own for each caller, so that nobody is locked out for others. */
export const somewhere = (): string => `198.18.${randomInt(256)}.${randomInt(256)}`;

export type Send = (path: string, said?: Said) => Promise<Told>;

/** Sends what is said as it is: a body that is a text is no JSON yet. */
export const sender =
  (url: string): Send =>
  async (path, { method = 'GET', body, headers = {} } = {}) => {
    const gone = new AbortController();
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const typed = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(20_000)]),
      headers: { 'x-forwarded-for': somewhere(), ...typed, ...headers },
      ...(body === undefined ? {} : { body: text }),
    });
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      gone.abort();
      return { status: answer.status, headers: answer.headers, text: '' };
    }
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

export interface Somebody {
  readonly userId: string;
  readonly email: string;
  readonly token: string;
  /** Their own organization. */
  readonly slug: string;
  readonly orgId: string;
}

/** What anything answers that is expected to be granted. */
export type Granted = Readonly<Record<string, string>>;

/** People, as they come about on a platform: they sign up, found, invite and join. */
export class People {
  readonly #send: Send;
  readonly #operator: Readonly<Record<string, string>>;

  constructor({ url, operatorKey }: Pick<Platform, 'url' | 'operatorKey'>) {
    this.#send = sender(url);
    this.#operator = { authorization: `Bearer ${operatorKey}` };
  }

  /** Of the own API; throws where it is refused. */
  async granted(path: string, said: Said): Promise<Granted> {
    const asked = { method: 'POST', ...said, headers: { 'idempotency-key': randomUUID(), ...said.headers } };
    for (let left = 2; ; left -= 1) {
      const { status, text } = await this.#send(`/orrery/v1${path}`, asked);
      if (status < 300) return JSON.parse(text);
      // A busy machine takes longer than a request may; what is repeated with its key is done once.
      if (status !== 504 || left === 0) throw new Error(`${asked.method} ${path}: ${status} ${text}`);
    }
  }

  operator(path: string, body: object = {}, method = 'POST'): Promise<Granted> {
    return this.granted(path, { method, headers: this.#operator, body });
  }

  async logIn(email: string): Promise<string> {
    const { accessToken = '' } = await this.granted('/sessions', { body: { email, password } });
    return accessToken;
  }

  async somebody(name: string): Promise<Somebody> {
    const email = `${name}-${randomBytes(4).toString('hex')}@example.com`;
    const { userId = '', orgSlug: slug = '', orgId = '' } = await this.granted('/users', { body: { email, password, name } });
    return { userId, email, token: await this.logIn(email), slug, orgId };
  }

  as({ token }: Pick<Somebody, 'token'>, slug?: string): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${token}`, ...(slug === undefined ? {} : { 'x-org-slug': slug }) };
  }

  /** Brings somebody into the organization of an owner. */
  async join(owner: Somebody, joining: Somebody, role: string): Promise<void> {
    const headers = this.as(owner);
    const invited = role === 'owner' ? 'member' : role;
    const { token = '' } = await this.granted(`/orgs/${owner.slug}/invites`, { headers, body: { email: joining.email, role: invited } });
    await this.granted(`/invites/${token}/accept`, { headers: this.as(joining), body: {} });
    // Gateways hear of it a moment later.
    await eventually(async () => this.granted(`/orgs/${owner.slug}`, { method: 'GET', headers: this.as(joining) }));
  }
}
