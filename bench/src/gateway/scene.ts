import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { models } from './contenders.ts';

const patienceMs = 15_000;
const knownMs = 20_000;

const LoggedIn = z.object({ accessToken: z.string() });
const Orgs = z.object({ items: z.tuple([z.object({ id: z.string(), slug: z.string() })]) });
const KeyCreated = z.object({ key: z.string(), id: z.string() });
const Billed = z.object({ items: z.array(z.object({ requests: z.number() })), nextCursor: z.string().optional() });

interface Wish {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
}

const caller =
  (origin: string) =>
  async (wish: Wish): Promise<unknown> => {
    const answer = await fetch(`${origin}/orrery/v1${wish.path}`, {
      method: wish.method,
      headers: { 'content-type': 'application/json', ...(wish.token === undefined ? {} : { authorization: `Bearer ${wish.token}` }) },
      signal: AbortSignal.timeout(patienceMs),
      ...(wish.body === undefined ? {} : { body: JSON.stringify(wish.body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${wish.method} ${wish.path} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };

/** Bounds that nothing here reaches, but that are asked about for every request: of the organization, and of the key. */
const orgLimits = { requestsPerMinute: 1_000_000, tokensPerMinute: 60_000_000, concurrency: 100_000, spendPerDay: '900000000000000' };
const keyLimits = { requestsPerMinute: 1_000_000, spendPerMonth: '900000000000000' };

const offerModels = async (ask: ReturnType<typeof caller>, token: string, modelPort: number): Promise<void> => {
  await ask({ method: 'PUT', path: '/providers/bench', token, body: { name: 'Bench' } });
  const prices: object[] = [];
  for (const [name, base] of [[models.fast, '/v1'] as const, [models.paced, '/paced/v1'] as const]) {
    const card = { name, type: 'text', contextLength: 32_768, maxOutputTokens: 4_096 };
    await ask({ method: 'POST', path: '/models', token, body: card });
    await ask({ method: 'PUT', path: `/models/${encodeURIComponent(name)}/live`, token, body: { isLive: true } });
    const upstream = name.replace('bench/', '');
    const place = { baseUrl: `http://127.0.0.1:${modelPort}${base}`, concurrency: 4_096, credential: 'sk-of-the-upstream' };
    await ask({ method: 'PUT', path: `/upstreams/${upstream}`, token, body: place });
    await ask({ method: 'PUT', path: `/routes/${upstream}`, token, body: { models: [name], targets: [{ upstream, model: name }] } });
    for (const meter of ['tokens.input', 'tokens.output']) prices.push({ meter, resource: name, unit: 'token', nanosPerUnit: '150' });
  }
  await ask({ method: 'POST', path: '/price-books', token, body: { currency: 'EUR', prices } });
};

export interface Scene {
  readonly key: string;
  /** How many requests the organization has been charged for. */
  readonly billed: () => Promise<number>;
}

/** A model with a price, an organization with credit and limits, and a key of it with limits of its own. */
export const setScene = async (origin: string, operatorKey: string, modelPort: number): Promise<Scene> => {
  const ask = caller(origin);
  await offerModels(ask, operatorKey, modelPort);
  const account = { email: `${randomUUID()}@example.com`, password: randomUUID() };
  await ask({ method: 'POST', path: '/users', body: { ...account, name: 'Bench' } });
  const logIn = async () => LoggedIn.parse(await ask({ method: 'POST', path: '/sessions', body: account })).accessToken;
  const token = await logIn();
  const { items } = Orgs.parse(await ask({ method: 'GET', path: '/orgs', token }));
  const [{ id: orgId, slug }] = items;
  const created = KeyCreated.parse(await ask({ method: 'POST', path: `/orgs/${slug}/api-keys`, token, body: { name: 'bench' } }));
  const limits = [
    { thing: { of: 'org' }, limits: orgLimits },
    { thing: { of: 'key', keyId: created.id }, limits: keyLimits },
  ];
  for (const body of limits) await ask({ method: 'PUT', path: `/usage-limits/${orgId}`, token: operatorKey, body });
  const billed = async (): Promise<number> => {
    // What was given for the scene does not last as long as a benchmark.
    const again = await logIn();
    let [requests, query] = [0, ''];
    for (let isMore = true; isMore; ) {
      const page = Billed.parse(await ask({ method: 'GET', path: `/usage/inference?limit=500${query}`, token: again }));
      requests += page.items.reduce((sum, each) => sum + each.requests, 0);
      query = `&cursor=${page.nextCursor}`;
      isMore = page.nextCursor !== undefined;
    }
    return requests;
  };
  return { key: created.key, billed };
};

/** Until a gateway knows all of it, and answers. */
export const untilAnswered = async (origin: string, key: string): Promise<void> => {
  const until = performance.now() + knownMs;
  for (const model of Object.values(models)) {
    for (;;) {
      const answer = await fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await answer.text();
      if (answer.ok) break;
      if (performance.now() > until) throw new Error(`the gateway answers ${answer.status}: ${text}`);
      await pause(100);
    }
  }
};
