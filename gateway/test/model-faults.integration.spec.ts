import { gzipSync } from 'node:zlib';
import type { inference } from '@orrery/contracts';
import type { Log } from '@orrery/telemetry';
import {
  completes,
  floods,
  halvesCharacter,
  ignores,
  type ModelAct,
  refuses,
  resets,
  resetsAfter,
  resetsInHead,
  stallsAfter,
  streams,
} from '@orrery/testing';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';

const costOf = (input: number, output: number, times = 1n): bigint => (BigInt(input) * 1_009n + BigInt(output) * 4_001n + 7n) * times;
const counted = costOf(11, 4);

/** What went in is estimated by the bytes of the body: four a token. */
const promptOf = (body: object): number =>
  Math.ceil(Buffer.byteLength(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...body })) / 4);
const whole = {};
const stream = { stream: true };

type Told = Partial<inference.UsageRecord>;

/** Short where silence is what it tells; long where it is not: on a busy machine whoever is slow would be taken for silent. */
const patienceFor = ({ outcome }: Told): Partial<inference.Upstream> => {
  if (outcome === 'timed-out-before-the-first-byte') return { firstByteMs: 400, idleMs: 400 };
  return { firstByteMs: 10_000, idleMs: outcome === 'timed-out-while-it-was-answered' ? 400 : 10_000 };
};

describe('A model server that fails', () => {
  let models: ModelWorld;
  const logged: unknown[] = [];
  const write = (facts: unknown): void => void logged.push(facts);
  // The gateway uses the first form of each method only.
  const log = Object.fromEntries(['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((name) => [name, write])) as never as Log;

  beforeAll(async () => {
    models = await startServingWorld(1, { log, runSettings: { stallMs: 500 } });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  const nothing: Told = { input: 0, output: 0, isEstimated: false };
  const failed: Told = { ...nothing, outcome: 'failed-before-the-first-byte', status: 502, error: 'ModelFailed' };
  const late: Told = { ...nothing, outcome: 'timed-out-before-the-first-byte', status: 504, error: 'ModelTimedOut' };

  const eventStream = { 'content-type': 'text/event-stream' };
  const answersWith =
    (headers: Readonly<Record<string, string>>): ModelAct =>
    ({ response }) =>
      void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(gzipSync('{"choices":[]}'));

  it.each<readonly [string, ModelAct, object, Told]>([
    ['resets before it answers', resets, whole, failed],
    ['resets before it answers a stream', resets, stream, failed],
    ['resets in the middle of its head', resetsInHead, stream, failed],
    ['says nothing', ignores, whole, late],
    ['says nothing of a stream', ignores, stream, late],
    ['begins a stream and says nothing in it', stallsAfter([]), stream, late],
    ['fails', refuses(500), whole, failed],
    ['is overloaded', refuses(429, { headers: { 'retry-after': '9' } }), whole, { ...failed, status: 503, error: 'ModelBusy' }],
    ['will never do it', refuses(501), whole, failed],
    ['answers compressed though nobody asked for that', answersWith({ 'content-encoding': 'gzip' }), whole, failed],
    ['streams compressed though nobody asked for that', answersWith({ 'content-encoding': 'br', ...eventStream }), stream, failed],
    ['answers with the page of some proxy', answersWith({ 'content-type': 'text/html; charset=utf-8' }), whole, failed],
    ['sends us elsewhere', refuses(302, { headers: { location: 'http://127.0.0.1/' } }), whole, failed],
  ])('before the first byte costs nothing: it %s', async (_, act, body, told) => {
    await models.anew(patienceFor(told));
    models.server.next(act);
    const response = await models.post(body);
    const error = expect.objectContaining({ message: expect.any(String) });
    // Clients of LMStack, who share the base, read the same below `detail`.
    expect([response.status, await response.json()]).toEqual([told.status, { error, detail: { error } }]);
    if (told.status === 503) expect(response.headers.get('retry-after')).toBe('9');
    expect(await models.recordOf(response)).toMatchObject({ ...told, cost: '0', attempts: 1 });
  });

  const textOf = async (response: Response): Promise<string> => {
    const reader = response.body?.getReader();
    const chunks: Uint8Array[] = [];
    try {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) chunks.push(next.value);
    } catch {
      return `${Buffer.concat(chunks)}<cut>`;
    }
    return Buffer.concat(chunks).toString();
  };

  const word = (text: string): string => `data: {"choices":[{"delta":{"content":${JSON.stringify(text)}}}]}\n\n`;
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":4}}\n\n';
  const broken = 'failed-while-it-was-answered';
  const silent = 'timed-out-while-it-was-answered';

  it.each<[string, ModelAct, Told, RegExp]>([
    ['resets after some words', resetsAfter(['four', 'five']), { outcome: broken, input: promptOf(stream), output: 2 }, /five.*"error":/s],
    ['resets in the middle of a character', halvesCharacter, { outcome: broken, input: promptOf(stream), output: 1 }, /ok.*"error":/s],
    ['stalls after some words', stallsAfter(['four', 'five']), { outcome: silent, input: promptOf(stream), output: 2 }, /five.*"error":/s],
    ['ends without saying so', streams(word('four')), { outcome: broken, input: promptOf(stream), output: 1 }, /four.*"error":/s],
    ['says that it failed', streams(`${word('four')}data: {"error":{"message":"x"}}\n\n`), { outcome: broken, output: 1 }, /four/],
    [
      'sends what is no JSON',
      streams(`data: {"choices\n\ndata: ]][\n\n${word('four')}data: [DONE]\n\n`),
      { outcome: 'finished', output: 1 },
      /four/,
    ],
    ['floods us with one frame', floods, { outcome: broken }, /x"?.*(<cut>|"error":)/s],
  ])('after the first byte costs what is estimated where nothing was counted: it %s', async (_, act, told, heard) => {
    await models.anew(patienceFor(told));
    models.server.next(act);
    const response = await models.post(stream);
    expect(response.status).toBe(200);
    expect(await textOf(response)).toMatch(heard);
    const record = await models.recordOf(response);
    expect(record).toMatchObject({ isEstimated: true, attempts: 1, ...told });
    expect(record.cost).toBe(String(costOf(record.input, record.output)));
  });

  it.each<[string, ModelAct, Told]>([
    [
      'resets',
      (visit) =>
        void visit.response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write(`${word('a')}${usage}`, () => visit.socket.resetAndDestroy()),
      { outcome: broken },
    ],
    ['ends without saying so', streams(`${word('a')}${usage}`), { outcome: 'finished' }],
  ])('after it has counted costs what it counted: it %s', async (_, act, told) => {
    await models.anew(patienceFor(told));
    models.server.next(act);
    const response = await models.post(stream);
    await textOf(response);
    expect(await models.recordOf(response)).toMatchObject({ ...told, isEstimated: false, cost: String(counted) });
  });

  it('and is cut off by us is in the log, with why and which request it was', async () => {
    await models.anew(patienceFor({}));
    models.server.next(floods);
    const response = await models.post(stream);
    await textOf(response);
    const { requestId } = await models.recordOf(response);
    const why = { request_id: requestId, err: expect.objectContaining({ name: 'FrameTooLong' }) };
    expect(logged).toContainEqual(expect.objectContaining(why));
  });

  it('in the middle of a whole answer is told as a failure, not as half an answer', async () => {
    await models.anew(patienceFor({}));
    models.server.next(({ response, socket }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"choices":[{"message":{"content":"four","x', () => socket.resetAndDestroy());
    });
    const response = await models.post(whole);
    expect(response.status).toBe(502);
    expect(await models.recordOf(response)).toMatchObject({ outcome: broken, isEstimated: true, output: 1 });
  });

  it.each<[string, ModelAct, object, Told]>([
    ['counts nothing', completes({ usage: null }), stream, { isEstimated: true, output: 4, outcome: 'finished' }],
    ['counts zero', completes({ usage: { prompt_tokens: 0, completion_tokens: 0 } }), whole, { isEstimated: true, output: 4 }],
    [
      'counts what went in alone',
      completes({ usage: { prompt_tokens: 11, completion_tokens: 0 } }),
      whole,
      { input: 11, output: 4, isEstimated: true },
    ],
  ])('to count is paid by an estimate: it %s', async (_, act, body, told) => {
    await models.anew(patienceFor(told));
    models.server.next(act);
    const response = await models.post(body);
    await response.text();
    const record = await models.recordOf(response);
    expect(record).toMatchObject(told);
    expect(record.cost).toBe(String(costOf(record.input, record.output)));
  });
});
