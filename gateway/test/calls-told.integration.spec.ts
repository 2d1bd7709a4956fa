import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { completes, refuses, resets } from '@orrery/testing';
import type { PaidRoute } from '../src/dialect.ts';
import { anthropic } from '../src/dialects/anthropic/index.ts';
import { deeplogix } from '../src/dialects/deeplogix/index.ts';
import { lmstack } from '../src/dialects/lmstack/index.ts';
import { lyceum } from '../src/dialects/lyceum/index.ts';
import { neospace } from '../src/dialects/neospace/index.ts';
import { openai } from '../src/dialects/openai/index.ts';
import { edgeFailure } from '../src/failure.ts';
import { Models } from '../src/inference/admission/models.ts';
import type { Admission } from '../src/inference/admission/offer.ts';
import type { Client } from '../src/inference/shapes/shape.ts';
import { orrery } from '../src/routes.ts';
import { admission, type ModelWorld, model, startServingWorld } from './fixtures/models.ts';

const publicUrl = 'http://x';
const unknown = '0199a000-0000-7000-8000-00000000dead';
const known = '0199a000-0000-7000-8000-00000000beef';
const messages = [{ role: 'user', content: 'Hi' }];

const bodies: Readonly<Record<Client, (named: string) => object>> = {
  chat: (named) => ({ model: named, messages }),
  completions: (named) => ({ model: named, prompt: 'Hi' }),
  embeddings: (named) => ({ model: named, input: 'Hi' }),
  responses: (named) => ({ model: named, input: 'Hi' }),
  messages: (named) => ({ model: named, messages, max_tokens: 9 }),
  deeplogix: () => ({ message: 'Hi' }),
  lyceum: (named) => ({ model_id: named, input: { text: 'Hi' } }),
};

const dialects = [
  orrery(),
  lyceum({ publicUrl }),
  neospace(),
  deeplogix({ publicUrl }),
  lmstack(),
  openai(new Models()),
  anthropic(new Models()),
];
const paid = dialects.flatMap(({ routes }) => routes).filter((route): route is PaidRoute => route.kind === 'paid');
const named = (routes: readonly PaidRoute[]) => routes.map((route) => [route.path, route] as const);
const streamed = paid.filter(({ client }) => ['chat', 'completions', 'responses', 'messages'].includes(client));

const refusing: Admission = {
  offer: (caller, wished) =>
    wished === unknown ? { refused: edgeFailure('ModelNotFound', { details: { model: wished } }) } : admission.offer(caller, wished),
};

const ours = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Sent {
  readonly wished?: string;
  readonly key?: string;
  readonly body?: string;
  readonly more?: object;
}

describe('Every answer of every route that costs money', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startServingWorld(1, { admission: refusing });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  const sent = ({ path, client }: PaidRoute, { wished, key = models.key, body, more = {} }: Sent = {}) => ({
    at: `${models.url}${path.replace('{model_id}', wished ?? known)}`,
    headers: { 'content-type': 'application/json', 'x-request-id': 'mine', authorization: `Bearer ${key}` },
    body: body ?? JSON.stringify({ ...bodies[client](wished ?? model), ...more }),
  });
  const send = async (route: PaidRoute, what: Sent = {}) => {
    const { at, headers, body } = sent(route, what);
    const response = await fetch(at, { method: 'POST', headers, body });
    await response.text();
    return response;
  };
  const idOf = ({ headers }: Response, { client }: PaidRoute): string => {
    const id = headers.get('x-orrery-request-id') ?? '';
    expect(id).toMatch(ours);
    expect(headers.get('x-request-id')).toBe('mine');
    if (client === 'messages') expect(headers.get('request-id')).toBe(id);
    return id;
  };

  it('are many', () => expect(paid.length).toBeGreaterThan(10));

  it.each(named(paid))('says whose it is and what it cost: %s', async (_path, route) => {
    const response = await send(route);
    expect(response.status).toBe(200);
    idOf(response, route);
    const record = await models.recordOf(response);
    expect(record.correlationId).toBe('mine');
    expect(BigInt(record.cost)).toBeGreaterThan(0n);
    expect(response.headers.get('x-orrery-cost')).toBe(`${record.cost} EUR`);
  });

  it.each(named(paid))('says so where nobody was let in: %s', async (_path, route) => {
    const refused = [{ key: 'sk-nobody' }, { body: '{"never":' }, { wished: unknown }];
    const answers = await Promise.all(refused.map((what) => send(route, what)));
    expect(answers.map(({ status }) => status)).toEqual([401, expect.any(Number), 404]);
    expect([400, 422]).toContain(answers[1]?.status);
    const ids = answers.map((answer) => idOf(answer, route));
    expect(new Set(ids).size).toBe(3);
    expect(answers.map(({ headers }) => headers.get('x-orrery-cost'))).toEqual(['0', '0', '0']);
  });

  it.each(named(paid))('says so where the model server failed, or refused: %s', async (_path, route) => {
    for (const [act, status] of [
      [resets, 502],
      [refuses(400), 400],
    ] as const) {
      models.server.next(act);
      const response = await send(route);
      expect(response.status).toBe(status);
      idOf(response, route);
      expect(await models.recordOf(response)).toMatchObject({ cost: '0', outcome: 'failed-before-the-first-byte' });
      expect(response.headers.get('x-orrery-cost')).toBe('0 EUR');
    }
  });

  it.each(named(streamed))('says at the end of a stream, in the trailer, what it cost: %s', async (_path, route) => {
    const { at, headers, body } = sent(route, { more: { stream: true } });
    const asking = request(at, { method: 'POST', headers });
    asking.end(body);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    expect(answer.headers).toMatchObject({ trailer: 'x-orrery-cost', 'x-request-id': 'mine' });
    expect(answer.headers['x-orrery-cost']).toBeUndefined();
    const id = String(answer.headers['x-orrery-request-id']);
    const record = await models.recordOf({ headers: new Headers({ 'x-orrery-request-id': id }) });
    expect(answer.trailers['x-orrery-cost']).toBe(`${record.cost} EUR`);
  });

  it('says what half an answer cost, of which nobody was given anything', async () => {
    models.server.next(({ response, socket }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"choices":[{"message":{"role":"assistant","content":"Hello wor', () => socket.resetAndDestroy());
    });
    const response = await models.post({});
    expect(response.status).toBe(502);
    await response.text();
    const record = await models.recordOf(response);
    expect(record).toMatchObject({ outcome: 'failed-while-it-was-answered', isEstimated: true });
    expect(response.headers.get('x-orrery-cost')).toBe(`${record.cost} EUR`);
    expect(BigInt(record.cost)).toBeGreaterThan(0n);
  });

  it('names a request by ours where its client has no name for it', async () => {
    const response = await models.post({});
    await response.text();
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await models.recordOf(response)).correlationId).toBeNull();
  });
});
