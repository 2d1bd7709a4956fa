import { completes, eventually, ignores, refuses, resets, stallsAfter } from '@orrery/testing';
import { credential, type ModelWorld, model, startModelWorld } from './fixtures/models.ts';

const counted = 11n * 1_009n + 4n * 4_001n + 7n;

describe('The way to a model', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startModelWorld(2, { runSettings: { queueMs: 300, patienceMs: 300, stallMs: 1_000 } });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    for (const server of models.servers) server.always(completes());
  });
  afterEach(() => models.isAtRest());

  const visits = (): number => models.servers.reduce((sum, server) => sum + server.visits.length, 0);
  const always = (act: Parameters<ModelWorld['server']['always']>[0]): void => {
    for (const server of models.servers) server.always(act);
  };

  it('is tried again elsewhere after a failure, and paid once', async () => {
    await models.anew({}, { attempts: 3 });
    models.server.always(resets);
    // Which one is asked first is drawn.
    for (let times = 0; times < 40 && models.server.visits.length === 0; times += 1) {
      const response = await models.post({ stream: times % 2 === 0 });
      expect(response.status).toBe(200);
      await response.text();
      const record = await models.recordOf(response);
      expect(record).toMatchObject({ cost: String(counted), upstream: 'gpu-1' });
      expect(record.attempts).toBeLessThanOrEqual(2);
    }
    expect(models.server.visits.length).toBeGreaterThan(0);
  });

  it('is tried again where it was, not before the moment that was named, and no more often than it may', async () => {
    await models.anew({}, { attempts: 2, targets: [{ upstream: 'gpu-0', model: 'served-llama', weight: 1 }] });
    const begun = performance.now();
    models.server.next(refuses(429, { headers: { 'retry-after': '1' } }));
    const response = await models.post({});
    expect(response.status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(await models.recordOf(response)).toMatchObject({ attempts: 2, cost: String(counted) });
    models.server.next(refuses(500), refuses(500), completes());
    const given = await models.post({});
    expect(given.status).toBe(502);
    expect(await models.recordOf(given)).toMatchObject({ attempts: 2, cost: '0' });
    expect(models.server.visits).toHaveLength(4);
  });

  it('leads on to another model where this one fails, at that one’s price', async () => {
    const other = 'other/model';
    const targetAt = (upstream: string) => [{ upstream, model: 'served-llama', weight: 1 }];
    await models.route({ name: 'other', models: [other], targets: targetAt('gpu-1') });
    await models.anew({}, { targets: targetAt('gpu-0'), fallbacks: ['other'], attempts: 1 });
    models.server.next(refuses(500));
    const response = await models.post({});
    expect(response.status).toBe(200);
    const { cost } = await models.recordOf(response);
    expect(await models.recordOf(response)).toMatchObject({ upstream: 'gpu-1', attempts: 2, cost: String(counted * 10n), priceVersion: 4 });
    // What it came to was set aside before anybody knew who would answer.
    models.server.next(stallsAfter(['one']));
    const leaving = new AbortController();
    const open = await models.post({ stream: true, max_tokens: 4 }, { signal: leaving.signal });
    expect((await models.money()).reserved).toBeGreaterThan(BigInt(cost));
    leaving.abort();
    await expect(open.text()).rejects.toThrow();
  });

  it('has a shadow, which nobody sees, waits for or pays', async () => {
    const [upstream, shadow] = ['gpu-0', 'gpu-1'].map((name) => ({ upstream: name, model: 'served-llama' }));
    if (upstream === undefined || shadow === undefined) throw new TypeError('there are two');
    await models.anew({}, { targets: [{ ...upstream, weight: 1 }], shadow: { ...shadow, percent: 100 } });
    const [server, other] = models.servers;
    other?.always(stallsAfter(['never']));
    const response = await models.post({});
    expect(await models.recordOf(response)).toMatchObject({ upstream: 'gpu-0', attempts: 1, cost: String(counted) });
    await eventually(() => expect(other?.visits.at(-1)?.body).toEqual(server?.visits.at(-1)?.body));
    await models.anew({ idleMs: 100 }, { targets: [{ ...upstream, weight: 1 }] });
    await eventually(() => expect(other?.answering).toBe(0), { within: 8_000 });
  }, 30_000);

  it('is closed to everybody but a probe while all of it fails, and open again when the probe is well', async () => {
    await models.anew({}, { attempts: 1 });
    always(refuses(500));
    await eventually(async () => {
      const before = visits();
      expect((await models.post({})).status).toBe(503);
      expect(visits()).toBe(before);
    });
    always(completes());
    await eventually(async () => expect((await models.post({})).status).toBe(200), { within: 6_000 });
  }, 30_000);

  it('has so many places and no more: who finds no place in time is told to come again', async () => {
    await models.anew({ concurrency: 1, queue: 1 }, { targets: [{ upstream: 'gpu-0', model: 'served-llama', weight: 1 }] });
    models.server.always(stallsAfter(['one']));
    const leaving = new AbortController();
    const first = await models.post({ stream: true }, { signal: leaving.signal });
    const [second, third] = await Promise.all([models.post({}), models.post({})]);
    expect([second.status, third.status]).toEqual([503, 503]);
    expect(models.server.visits).toHaveLength(1);
    const waiting = models.post({});
    models.server.always(completes());
    leaving.abort();
    await expect(first.text()).rejects.toThrow();
    expect((await waiting).status).toBe(200);
    expect(await models.recordOf(first)).toMatchObject({
      outcome: 'left-while-it-was-answered',
      status: 499,
      isEstimated: true,
      output: 1,
    });
  });

  it('is left at once by whoever leaves: the upstream stops, and what was read is paid', async () => {
    await models.anew();
    always(ignores);
    const leaving = new AbortController();
    const gone = expect(models.post({}, { signal: leaving.signal })).rejects.toThrow();
    await eventually(() => expect(models.servers.some(({ answering }) => answering === 1)).toBe(true));
    const known = models.records.length;
    leaving.abort();
    await gone;
    await eventually(() => expect(models.servers.every(({ answering }) => answering === 0)).toBe(true), { within: 1_000 });
    const outcome = 'left-before-the-first-byte';
    const record = await eventually(() => models.records.slice(known).find((each) => each.outcome === outcome));
    expect(record).toMatchObject({ outcome: 'left-before-the-first-byte', isEstimated: true, output: 0, status: 499 });
    expect(BigInt(record?.cost ?? 0)).toBe(BigInt(record?.input ?? 0) * 1_009n + 7n);
  });

  it('does not take what is too large', async () => {
    const before = visits();
    const sent = models.post({ padding: 'x'.repeat(40_000_000) }).then(
      ({ status }) => status,
      () => 413,
    );
    expect(await sent).toBe(413);
    expect(visits()).toBe(before);
  });

  it('shows nobody what opens it, and ends with the gateway: what is under way is cut after its patience, and settled', async () => {
    await models.anew();
    always(stallsAfter(['one', 'two']));
    const response = await models.post({ stream: true });
    const text = response.text();
    await eventually(() => expect(models.servers.some(({ answering }) => answering === 1)).toBe(true));
    const stopping = models.world.gateway.stop();
    expect(await text).toMatch(/two.*"error":/s);
    await stopping;
    expect(await models.recordOf(response)).toMatchObject({ outcome: 'lost-with-the-process', isEstimated: true, output: 2, model });
    expect(JSON.stringify(models.records)).not.toContain(credential);
  });
});
