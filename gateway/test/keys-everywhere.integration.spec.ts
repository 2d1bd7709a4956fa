import { get as httpGet } from 'node:http';
import { execution, identity } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Customer, startTwoGateways, type TwoGateways } from './fixtures/two-gateways.ts';

const runId = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';

/** What is promised. A busy machine may take longer for one key, but not for each of several. */
const promisedMs = 1_000;
const tries = 5;
/** What is not told would stay open for good. */
const soonMs = 10_000;

/** A stream of a run's output, as long as it is open. */
const follow = (url: string, key: string) => {
  let text = '';
  let isEnded = false;
  const headers = { authorization: `Bearer ${key}` };
  const asked = httpGet(`${url}/orrery/v1/runs/${runId}/output`, { headers }, (response) => {
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    response.on('close', () => {
      isEnded = true;
    });
  });
  asked.on('error', () => undefined);
  return { text: () => text, isEnded: () => isEnded, close: () => asked.destroy() };
};

describe('A key, at two gateways', () => {
  let system: TwoGateways;
  let customer: Customer;

  beforeAll(async () => {
    system = await startTwoGateways();
    customer = await system.customer();
    system.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield { kind: 'output', attempt: 1, seq: 1, stream: 'stdout', text: 'first', at: '2026-01-01T00:00:00.000Z' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
  }, 60_000);
  afterAll(() => system?.stop(), 30_000);

  const [first, second] = [0, 1] as const;
  const api = (path: string) => `/orrery/v1/orgs/${customer.orgSlug}/api-keys${path}`;
  const asPerson = (at: 0 | 1, method: 'post' | 'patch' | 'delete', path: string, body: object = {}) =>
    request(system.urls[at])
      [method](api(path))
      .auth(customer.token, { type: 'bearer' })
      .send(method === 'delete' ? undefined : body);
  const create = async (more: object = {}): Promise<identity.ShownApiKey> =>
    (await asPerson(first, 'post', '', { name: 'ci', ...more }).expect(201)).body;
  const status = async (at: 0 | 1, key: string): Promise<number> =>
    (await request(system.urls[at]).get('/orrery/v1/runs').auth(key, { type: 'bearer' })).status;
  const statuses = (key: string): Promise<number[]> => Promise.all([status(first, key), status(second, key)]);
  const openStreams = async (key: string) => {
    const streams = system.urls.map((url) => follow(url, key));
    await eventually(() => streams.every((stream) => stream.text().includes('first')));
    return streams;
  };
  const stopsSoon = async (key: string, streams: readonly ReturnType<typeof follow>[], act: () => Promise<unknown>) => {
    await act();
    const since = performance.now();
    await eventually(async () => (await statuses(key)).every((each) => each === 401), { within: soonMs });
    await eventually(() => streams.every((stream) => stream.isEnded()), { within: soonMs });
    return performance.now() - since;
  };

  it('works at both as soon as it is shown', async () => {
    for (const form of ['lk', 'lmsk']) {
      const { key } = await create({ form });
      expect(await statuses(key)).toEqual([200, 200]);
    }
  });

  it('stops at both within a second of its revocation, open streams included', async () => {
    const took: number[] = [];
    while (took.length < tries && took.every((ms) => ms >= promisedMs)) {
      const { id, key } = await create();
      const streams = await openStreams(key);
      took.push(await stopsSoon(key, streams, () => asPerson(first, 'delete', `/${id}`).expect(200)));
    }
    expect(Math.min(...took)).toBeLessThan(promisedMs);
  });

  it('stops at both soon after it is switched off, and comes back', async () => {
    const { id, key } = await create();
    const streams = await openStreams(key);
    await stopsSoon(key, streams, () => asPerson(second, 'post', `/${id}/toggle`).expect(200));
    await asPerson(second, 'post', `/${id}/toggle`).expect(200);
    expect(await statuses(key)).toEqual([200, 200]);
  });

  it('stops at both soon after a rotation without overlap, and its new secret works at once', async () => {
    const { id, key } = await create();
    const streams = await openStreams(key);
    let next = '';
    await stopsSoon(key, streams, async () => {
      next = (await asPerson(first, 'post', `/${id}/rotate`, { overlapSeconds: 0 }).expect(200)).body.key;
    });
    expect(await statuses(next)).toEqual([200, 200]);
  });

  it('works with both secrets while they overlap, and with the new one alone after that', async () => {
    const { id, key } = await create();
    const [old] = await openStreams(key);
    const { body } = await asPerson(first, 'post', `/${id}/rotate`, { overlapSeconds: 2 }).expect(200);
    const [young] = await openStreams(body.key);
    expect([await statuses(key), await statuses(body.key)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    await eventually(async () => (await statuses(key)).every((each) => each === 401), { within: 4_000 });
    await eventually(() => old?.isEnded() === true, { within: soonMs });
    expect([await statuses(body.key), young?.isEnded()]).toEqual([[200, 200], false]);
    young?.close();
  });

  it('is cut off soon where its addresses or its scopes are narrowed', async () => {
    const narrowings = [{ addresses: ['192.0.2.1'] }, { scopes: [{ permissions: ['catalog:read'] }] }];
    for (const change of narrowings) {
      const { id, key } = await create();
      const streams = await openStreams(key);
      await asPerson(second, 'patch', `/${id}`, change).expect(200);
      await eventually(() => streams.every((stream) => stream.isEnded()), { within: soonMs });
      expect(await statuses(key)).toEqual([403, 403]);
    }
  });

  it('tells when it was last used, at whichever it was', async () => {
    const { id, key } = await create();
    const lastUse = async (): Promise<number> => {
      const { body } = await request(system.urls[first])
        .get(api(`/${id}`))
        .auth(customer.token, { type: 'bearer' })
        .expect(200);
      return body.lastUsedAt === null ? 0 : Date.parse(body.lastUsedAt);
    };
    expect(await lastUse()).toBe(0);
    let before = Date.now();
    for (const at of [first, second]) {
      expect(await status(at, key)).toBe(200);
      await eventually(async () => (await lastUse()) >= before, { within: 3_000 });
      before = Date.now();
    }
    const theirs = await request(system.urls[first])
      .get(`/api/v2/external/orgs/${customer.orgSlug}/api-keys`)
      .auth(customer.token, { type: 'bearer' })
      .expect(200);
    expect(theirs.body.find((each: { id: string }) => each.id === id).last_used_at).toEqual(expect.any(String));
  });

  it('is answered by Lyceum’s rows as they are published, from the making to the end', async () => {
    const base = `/api/v2/external/orgs/${customer.orgSlug}/api-keys`;
    const ask = (method: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object) =>
      request(system.urls[first])[method](path).auth(customer.token, { type: 'bearer' }).send(body);
    const made = (await ask('post', base, { name: 'theirs' }).expect(200)).body;
    expect(made.prefix).toBe(made.plaintext_key.slice(0, 8));
    const again = (await ask('post', `${base}/${made.id}/regenerate`).expect(200)).body;
    expect([again.id, again.prefix, again.plaintext_key === made.plaintext_key]).toEqual([made.id, made.prefix, false]);
    expect([await statuses(made.plaintext_key), await statuses(again.plaintext_key)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
    const patched = (await ask('patch', `${base}/${made.id}`, { name: 'renamed', is_active: false }).expect(200)).body;
    expect(patched).toMatchObject({ id: made.id, name: 'renamed', is_active: false });
    expect(await statuses(again.plaintext_key)).toEqual([401, 401]);
    expect((await ask('delete', `${base}/${made.id}`).expect(200)).body).toEqual({ message: expect.any(String) });
    expect((await ask('delete', `${base}/${runId}`)).status).toBe(404);

    const own = (await ask('post', '/api/v2/external/auth/api-keys/', { key_name: 'laptop' }).expect(200)).body;
    const validate = async (): Promise<unknown> =>
      (await ask('post', '/api/v2/external/auth/api-keys/validate', { api_key: own.api_key })).body;
    expect(await validate()).toMatchObject({ valid: true, user_id: customer.userId, api_key_id: own.id, key_name: 'laptop' });
    expect(await statuses(own.api_key)).toEqual([200, 200]);
    const toggled = (await ask('patch', `/api/v2/external/auth/api-keys/${own.id}/toggle`).expect(200)).body;
    expect(toggled).toMatchObject({ id: own.id, is_active: false });
    expect(await statuses(own.api_key)).toEqual([401, 401]);
    expect(await validate()).toMatchObject({ valid: false, user_id: null });
  });
});
