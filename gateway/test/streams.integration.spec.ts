import { randomUUID } from 'node:crypto';
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { execution, instantOf } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { startStub } from './fixtures/stub-service.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

type Item = execution.RunOutputItem;
const at = instantOf(0);
const output = (seq: number, text: string): Item => ({ kind: 'output', attempt: 1, seq, stream: 'stdout', at, text });
const ended: Item = { kind: 'ended', status: 'completed', exitCode: 0, reason: 'exited', message: null, at };
const runId = randomUUID();
const ours = `/orrery/v1/runs/${runId}/output`;
const theirs = `/api/v2/external/execution/streaming/${runId}`;

interface Reading {
  readonly response: IncomingMessage;
  readonly asked: ClientRequest;
  readonly text: () => string;
  readonly whole: Promise<string>;
}

describe('A stream over HTTP', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld({ settings: { heartbeatMs: 50, stallMs: 500 } });
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const read = (path: string, headers: Record<string, string> = {}): Promise<Reading> =>
    new Promise((resolve, reject) => {
      const asked = httpGet(`${world.url}${path}`, { headers: { authorization: `Bearer ${owner.token}`, ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const whole = new Promise<string>((done) => response.on('close', () => done(text)));
        resolve({ response, asked, text: () => text, whole });
      });
      asked.on('error', reject);
    });

  const serve = (...items: readonly Item[]): void =>
    world.stubs.on(execution.FollowRun, async function* () {
      yield* items;
    });

  it('gives each item of the contract with its place, and says when it has ended', async () => {
    serve({ kind: 'status', status: 'running', waiting: null, preempted: null, at }, output(1, 'one\n'), output(2, 'two\r\n'), ended);
    const { response, whole } = await read(ours);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(response.headers['trace-id']).toMatch(/^[0-9a-f]{32}$/);
    const frames = (await whole)
      .replace(/^: \n\n/gm, '')
      .split('\n\n')
      .filter(Boolean);
    expect(frames).toEqual([
      `data: ${JSON.stringify({ kind: 'status', status: 'running', waiting: null, preempted: null, at })}`,
      `id: 1.1\ndata: ${JSON.stringify(output(1, 'one\n'))}`,
      `id: 1.2\ndata: ${JSON.stringify(output(2, 'two\r\n'))}`,
      `data: ${JSON.stringify(ended)}`,
      'event: end\ndata: {}',
    ]);
  });

  it.each([theirs, `/api/v1/stream/${runId}`])('gives the frames that clients of the Lyceum API know, at %s', async (path) => {
    serve({ kind: 'status', status: 'running', waiting: null, preempted: null, at }, output(1, '\u001b[31mred\u001b[0m\n'), ended);
    const { whole } = await read(path);
    const data = (await whole).split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []));
    expect(data).toEqual([
      { output: { content: '\u001b[31mred\u001b[0m\n' } },
      { jobFinished: { job: { result: { returnCode: '0', error: null } } } },
    ]);
  });

  it.each([
    [ours, { 'last-event-id': '1.7' }, '1.7'],
    [theirs, { 'last-event-id': '2.3' }, '2.3'],
    [`${ours}?after=1.9`, { 'last-event-id': '1.7' }, '1.9'],
    [theirs, { 'last-event-id': 'nonsense' }, undefined],
  ] as const)('goes on where its reader was cut off: %s %j', async (path, headers, after) => {
    serve(ended);
    await (await read(path, headers)).whole;
    expect(world.stubs.last(execution.FollowRun)?.input).toEqual(after === undefined ? { runId } : { runId, after });
  });

  it('refuses with a status what is refused before it begins', async () => {
    world.stubs.on(execution.FollowRun, () => refuse({ code: 'RunNotFound', details: {} }));
    const own = await request(world.url).get(ours).auth(owner.token, { type: 'bearer' });
    expect([own.status, own.body.code]).toEqual([404, 'RunNotFound']);
    const other = await request(world.url).get(theirs).auth(owner.token, { type: 'bearer' });
    expect([other.status, other.body]).toEqual([404, { detail: 'Execution not found.' }]);
    const malformed = await request(world.url).get(`${ours}?after=here`).auth(owner.token, { type: 'bearer' });
    expect([malformed.status, malformed.body.code]).toEqual([400, 'InvalidInput']);
  });

  it('says what went wrong where it broke on the way', async () => {
    world.stubs.on(execution.FollowRun, async function* () {
      yield output(1, 'so far');
      throw new Error('hunter2');
    });
    const text = await (await read(ours)).whole;
    expect(text).toMatch(/event: error\ndata: \{.*"code":"Fault"/);
    expect(text).not.toContain('hunter2');
    expect(await (await read(theirs)).whole).toMatch(/data: \{"type":"error","message":"Something broke on our side/);
  });

  it('stays alive while there is nothing to say', async () => {
    const over = new AbortController();
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield output(1, 'first');
      await new Promise((resolve) => AbortSignal.any([signal, over.signal]).addEventListener('abort', resolve));
      yield ended;
    });
    const reading = await read(ours);
    await eventually(() => reading.text().split(': \n\n').length > 3);
    over.abort();
    expect(await reading.whole).toContain('event: end');
  });

  it('is given up by the service when its reader goes away', async () => {
    let isGivenUp = false;
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield output(1, 'first');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      isGivenUp = true;
    });
    const reading = await read(ours);
    await eventually(() => reading.text().includes('first'));
    reading.asked.destroy();
    await eventually(() => isGivenUp, { within: 2_000 });
  });

  it('ends soon after the key that opened it was revoked', async () => {
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield output(1, 'first');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const minted = world.mint(owner);
    await minted.publish();
    const reading = await read(ours, { authorization: `Bearer ${minted.key}` });
    await eventually(() => reading.text().includes('first'));
    await world.publishing.keys.drop(minted.id);
    // Without that it would stay open for longer than the test has time.
    expect(await reading.whole).not.toContain('event: end');
  });

  it('lets the service wait for a reader that is slow, and gives up on one that takes nothing', async () => {
    let made = 0;
    let isGivenUp = false;
    const text = 'x'.repeat(50_000);
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      signal.addEventListener('abort', () => {
        isGivenUp = true;
      });
      while (!signal.aborted && made < 5_000) yield output(++made, text);
    });
    const asked = httpGet(`${world.url}${ours}`, { headers: { authorization: `Bearer ${owner.token}` } }, (response) => response.pause());
    asked.on('error', () => undefined);
    await eventually(() => isGivenUp, { within: 8_000 });
    expect(made).toBeLessThan(2_000);
    asked.destroy();
  }, 15_000);

  it('ends in a word where the service dies under it', async () => {
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield output(1, 'first');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('stopped');
    });
    const reading = await read(ours);
    await eventually(() => reading.text().includes('first'));
    await world.running.get('execution')?.stop();
    expect(await reading.whole).toMatch(/event: error\ndata: .*"status":(503|500)/);
    world.running.set('execution', await startStub(world.serviceBus, 'execution', world.stubs));
  }, 15_000);

  it('ends with a hint to come back when the gateway stops, while what is under way is finished', async () => {
    world.stubs.on(execution.FollowRun, async function* (_input, _context, signal) {
      yield output(1, 'first');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    let finish: () => void = () => undefined;
    const sample = world.stubs;
    sample.on(execution.ListRuns, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { items: [] };
    });
    const reading = await read(ours);
    await eventually(() => reading.text().includes('first'));
    const underWay = request(world.url)
      .get('/orrery/v1/runs')
      .auth(owner.token, { type: 'bearer' })
      .then((response) => response.status);
    await eventually(() => world.stubs.last(execution.ListRuns));
    const stopped = world.gateway.stop();
    const text = await reading.whole;
    expect(text).toContain('retry: 1000\n');
    expect(text).not.toContain('event: end');
    finish();
    await expect(underWay).resolves.toBe(200);
    await stopped;
    await expect(request(world.url).get('/health')).rejects.toThrow(/ECONNREFUSED/);
  }, 15_000);
});
