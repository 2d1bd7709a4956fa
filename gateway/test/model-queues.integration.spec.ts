import type { inference } from '@orrery/contracts';
import { pause } from '@orrery/kernel';
import { completes, eventually, ignores, refuses, resets, stallsAfter } from '@orrery/testing';
import { type ModelWorld, startModelWorld } from './fixtures/models.ts';

const deadlineMs = 1_500;
const counted = 11n * 1_009n + 4n * 4_001n + 7n;
const at = (...names: readonly string[]) => names.map((upstream) => ({ upstream, model: 'served-llama', weight: 1 }));

describe('Where a request goes, and when', () => {
  let models: ModelWorld;
  beforeAll(async () => {
    models = await startModelWorld(2, { runSettings: { deadlineMs, queueMs: 10_000 } });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    for (const server of models.servers) server.always(completes());
  });
  afterEach(() => models.isAtRest());

  const visits = (): number[] => models.servers.map((server) => server.visits.length);

  /** Takes the one place of `gpu-0`, until it is given back. */
  const occupy = async (): Promise<() => Promise<void>> => {
    models.server.next(stallsAfter(['one']));
    const leaving = new AbortController();
    const response = await models.post({ stream: true }, { signal: leaving.signal });
    return async () => {
      leaving.abort();
      await expect(response.text()).rejects.toThrow();
    };
  };
  const toFallback = async (more: Partial<inference.Route> = {}): Promise<void> => {
    await models.route({ name: 'other', models: ['other/model'], targets: at('gpu-1') });
    await models.anew({ concurrency: 1, queue: 3 }, { targets: at('gpu-0'), fallbacks: ['other'], ...more });
  };

  it('is nowhere any more when its deadline is over, also where another model would answer', async () => {
    await toFallback();
    const release = await occupy();
    const begun = performance.now();
    expect((await models.post({})).status).toBe(503);
    expect(performance.now() - begun).toBeGreaterThan(deadlineMs - 50);
    expect(visits()).toEqual([1, 0]);
    await release();
  });

  it('is another model at once, where who asks to come again later asks for more than is left', async () => {
    await toFallback({ attempts: 3, longestPauseMs: 60_000 });
    models.server.always(refuses(429, { headers: { 'retry-after': '5' } }));
    const begun = performance.now();
    const response = await models.post({});
    expect(response.status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(deadlineMs);
    expect(visits()).toEqual([1, 1]);
    expect(await models.recordOf(response)).toMatchObject({ upstream: 'gpu-1', attempts: 2, cost: String(counted * 10n) });
  });

  it('is told at once, with when to come again, where that is past the deadline and nobody else answers', async () => {
    await models.anew({}, { targets: at('gpu-0'), attempts: 3, longestPauseMs: 60_000 });
    models.server.always(refuses(503, { headers: { 'retry-after': '5' } }));
    const begun = performance.now();
    const response = await models.post({});
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(performance.now() - begun).toBeLessThan(deadlineMs);
    expect(visits()).toEqual([1, 0]);
  });

  it('is a queue of so many and no more: one beyond is refused at once, and who came first goes first', async () => {
    await models.anew({ concurrency: 1, queue: 2 }, { targets: at('gpu-0') });
    const release = await occupy();
    const waiting: Promise<Response>[] = [];
    for (const max_tokens of [1, 2]) {
      waiting.push(models.post({ max_tokens }));
      await eventually(async () => expect((await models.money()).open).toBe(max_tokens + 1));
    }
    const begun = performance.now();
    const refused = await models.post({});
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(performance.now() - begun).toBeLessThan(500);
    await release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect(models.server.visits.slice(1).map(({ body }) => body['max_tokens'])).toEqual([1, 2]);
  });

  it('is where it waited, also where that is set anew meanwhile', async () => {
    await models.anew({ concurrency: 1, queue: 2 }, { targets: at('gpu-0') });
    const release = await occupy();
    const waiting = models.post({});
    await eventually(async () => expect((await models.money()).open).toBe(2));
    await models.anew({ concurrency: 3 }, { targets: at('gpu-0') });
    await release();
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(await models.recordOf(response)).toMatchObject({ attempts: 1, cost: String(counted) });
  });

  const saying = (content: string): object => ({ messages: [{ role: 'user', content }] });
  /** Longer than what decides. */
  const book = (name: string): string => `${name} ${'chapter and verse. '.repeat(100)}`;
  const servedBy = async (content: string): Promise<string | null> => {
    const response = await models.post(saying(content));
    expect(response.status).toBe(200);
    await response.text();
    return (await models.recordOf(response)).upstream;
  };

  it('is the replica that has read the beginning of the prompt, and the other one only while that fails', async () => {
    await models.anew({}, { isSticky: true, attempts: 2 });
    const books = Array.from({ length: 12 }, (_, index) => book(`Book ${index}`));
    const homes: (string | null)[] = [];
    // One after the other: of many at once those that a busy replica would have had go to the other one.
    for (const text of books) homes.push(await servedBy(text));
    // Of a dozen prompts each replica has some.
    expect(new Set(homes)).toEqual(new Set(['gpu-0', 'gpu-1']));
    for (const [index, text] of books.entries()) expect(await servedBy(`${text}And then?`)).toBe(homes[index]);
    const mine = books.find((_, index) => homes[index] === 'gpu-0') ?? '';
    models.server.next(resets);
    expect(await servedBy(mine)).toBe('gpu-1');
    expect(await servedBy(mine)).toBe('gpu-0');
  }, 30_000);

  it('is a shadow’s for so many of a hundred', async () => {
    await models.anew({}, { targets: at('gpu-0'), shadow: { upstream: 'gpu-1', model: 'served-llama', percent: 30 } });
    for (const server of models.servers) server.visits.length = 0;
    const asked = 200;
    for (let times = 0; times < asked; times += 20)
      await Promise.all(Array.from({ length: 20 }, async () => (await models.post({})).text()));
    await eventually(() => expect(models.servers.map(({ answering }) => answering)).toEqual([0, 0]));
    const [all = 0, some = 0] = visits();
    expect(all).toBe(asked);
    // 60 of 200, and in one of a thousand million runs fewer than 24 or more than 100.
    expect(some).toBeGreaterThan(23);
    expect(some).toBeLessThan(101);
    await models.anew();
  }, 30_000);

  it('is nobody’s time where an upstream ignores it: the first token and the pause between two are waited for apart', async () => {
    await models.anew({ firstByteMs: 300, idleMs: 5_000 }, { targets: at('gpu-0') });
    models.server.next(completes({ words: ['a', 'b', 'c', 'd'], everyMs: 400 }));
    const slow = await models.post({ stream: true });
    expect(await slow.text()).toContain('[DONE]');
    models.server.next(ignores);
    const silent = await models.post({ stream: true });
    expect(silent.status).toBe(504);
    expect(await models.recordOf(silent)).toMatchObject({ outcome: 'timed-out-before-the-first-byte', cost: '0' });

    await models.anew({ firstByteMs: 5_000, idleMs: 300 }, { targets: at('gpu-0') });
    models.server.next(async (visit) => {
      await pause(900);
      await completes()(visit);
    });
    expect((await models.post({ stream: true })).status).toBe(200);
    models.server.next(stallsAfter(['four']));
    const begun = performance.now();
    const stalled = await models.post({ stream: true });
    expect(await stalled.text()).toMatch(/four.*"error":/s);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await models.recordOf(stalled)).toMatchObject({ outcome: 'timed-out-while-it-was-answered', output: 1 });
  }, 30_000);
});
