import type { inference } from '@orrery/contracts';
import { completes, eventually, ignores, type ModelAct, refuses, resets, stallsAfter } from '@orrery/testing';
import { type DeafServer, startDeafServer } from './fixtures/deaf-server.ts';
import { type ModelWorld, startModelWorld } from './fixtures/models.ts';

const counted = 11n * 1_009n + 4n * 4_001n + 7n;
const said = `data: ${JSON.stringify({ choices: [{ delta: { content: 'four' } }] })}\n\n`;
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 4 } })}\n\n`;

/** Counts what it has written, and says no more. */
const countsAndStalls: ModelAct = ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`${said}${usage}`);
};

/** Rows of docs/accounting.md that other files do not show. */
describe('A request that ends', () => {
  let models: ModelWorld;
  let deaf: DeafServer;
  beforeAll(async () => {
    [models, deaf] = await Promise.all([startModelWorld(1, { runSettings: { patienceMs: 1_500 } }), startDeafServer()]);
  }, 60_000);
  afterAll(async () => {
    await models?.stop();
    await deaf?.stop();
  }, 30_000);
  beforeEach(() => models.server.always(completes()));
  let told = 0;
  const news = (): readonly inference.UsageRecord[] => models.records.slice(told);
  /** From here on only what the test asks for is told. */
  const anew: ModelWorld['anew'] = async (...options) => {
    await models.anew(...options);
    await models.isAtRest();
    told = models.records.length;
  };

  const recordWith = (outcome: inference.Outcome): Promise<inference.UsageRecord> =>
    eventually(() => news().find((record) => record.outcome === outcome));
  /** Begins a stream, hears its first bytes, and leaves. */
  const leave = async (): Promise<void> => {
    const leaving = new AbortController();
    const response = await models.post({ stream: true }, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
  };

  it('where no connection is made in time costs nothing', async () => {
    await anew();
    await models.route({ upstream: { baseUrl: `http://127.0.0.1:${deaf.port}/v1`, connectMs: 500 } });
    const response = await eventually(
      async () => {
        const answer = await models.post({});
        await answer.text();
        return answer.status !== 200 && answer;
      },
      { within: 20_000 },
    );
    expect(response.status).toBe(504);
    expect(await models.recordOf(response)).toMatchObject({ outcome: 'timed-out-connecting', cost: '0', isEstimated: false, attempts: 0 });
    await anew();
    await models.isAtRest();
  }, 40_000);

  it('by its client while it waits for a place costs nothing', async () => {
    await anew({ concurrency: 1, queue: 1 });
    models.server.next(stallsAfter(['one']));
    const first = new AbortController();
    const response = await models.post({ stream: true }, { signal: first.signal });
    const second = new AbortController();
    const waiting = expect(models.post({}, { signal: second.signal })).rejects.toThrow();
    await eventually(async () => expect((await models.money()).open).toBe(2));
    second.abort();
    await waiting;
    expect(await recordWith('left-before-it-was-sent')).toMatchObject({
      outcome: 'left-before-it-was-sent',
      cost: '0',
      input: 0,
      attempts: 0,
      status: 499,
    });
    first.abort();
    await expect(response.text()).rejects.toThrow();
    expect(models.server.visits).toHaveLength(1);
    await models.isAtRest();
  });

  it('by its client between two attempts costs nothing', async () => {
    await anew({}, { attempts: 2, longestPauseMs: 60_000 });
    models.server.always(refuses(429, { headers: { 'retry-after': '30' } }));
    const leaving = new AbortController();
    const gone = expect(models.post({}, { signal: leaving.signal })).rejects.toThrow();
    await eventually(() => expect(models.server.visits).toHaveLength(1));
    await eventually(() => expect(models.server.answering).toBe(0));
    leaving.abort();
    await gone;
    expect(await recordWith('left-before-it-was-sent')).toMatchObject({ outcome: 'left-before-it-was-sent', cost: '0', attempts: 1 });
    await models.isAtRest();
  });

  it('by its client after it was counted costs what was counted', async () => {
    await anew();
    models.server.next(countsAndStalls);
    await leave();
    expect(await recordWith('left-while-it-was-answered')).toMatchObject({
      outcome: 'left-while-it-was-answered',
      isEstimated: false,
      cost: String(counted),
    });
    await models.isAtRest();
  });

  it('in silence after it was counted costs what was counted', async () => {
    await anew({ idleMs: 300 });
    models.server.next(countsAndStalls);
    const response = await models.post({ stream: true });
    expect(await response.text()).toMatch(/four.*"error":/s);
    expect(await models.recordOf(response)).toMatchObject({
      outcome: 'timed-out-while-it-was-answered',
      isEstimated: false,
      cost: String(counted),
    });
    await models.isAtRest();
  });

  it('in a storm of failures costs nothing, and leaves nothing behind', async () => {
    await anew({}, { attempts: 3 });
    models.server.always((visit) => (models.server.visits.length % 2 === 0 ? refuses(500) : resets)(visit));
    const storm = await Promise.all(Array.from({ length: 300 }, (_, index) => models.post({ stream: index % 2 === 0 })));
    for (const { status } of storm) expect([502, 503]).toContain(status);
    await eventually(() => expect(news()).toHaveLength(storm.length), { within: 20_000 });
    expect(new Set(news().map(({ cost }) => cost))).toEqual(new Set(['0']));
    await models.isAtRest();
    await eventually(() => expect(models.server.connections).toBeLessThanOrEqual(10), { within: 15_000 });
  }, 60_000);

  it('with its gateway ends well where it ends in time; who waits, was counted or is silent is cut, each at its price', async () => {
    await anew({ concurrency: 3, queue: 2 });
    models.server.next(countsAndStalls, ignores, completes({ words: ['a', 'b', 'c', 'd'], everyMs: 150 }));
    const paid = await models.post({ stream: true });
    const text = paid.text();
    const silent = models.post({});
    await eventually(() => expect(models.server.visits).toHaveLength(2));
    const whole = await models.post({ stream: true });
    // One of them has a place when the whole one has ended, the other never.
    const waiting = [models.post({}), models.post({})];
    await eventually(async () => expect((await models.money()).open).toBe(5));
    models.server.next(ignores);
    const stopping = models.world.gateway.stop();
    expect(await whole.text()).toContain('[DONE]');
    expect(await text).toMatch(/four.*"error":/s);
    for (const { status } of await Promise.all([silent, ...waiting])) expect(status).toBe(503);
    await stopping;
    await eventually(() => expect(news()).toHaveLength(5));
    const outcomes = news().map(({ outcome, isEstimated, cost }) => [outcome, isEstimated, cost === '0']);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        ['finished', false, false],
        ['lost-with-the-process', false, false],
        ['lost-with-the-process', true, false],
        ['lost-with-the-process', false, true],
      ]),
    );
    expect(await models.recordOf(paid)).toMatchObject({ outcome: 'lost-with-the-process', cost: String(counted) });
    expect(await models.recordOf(whole)).toMatchObject({ outcome: 'finished', cost: String(counted) });
    await models.isAtRest();
  }, 40_000);
});
