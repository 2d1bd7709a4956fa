import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { completes, eventually, refuses } from '@orrery/testing';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';

const megabyte = 1_048_576;
const head = Buffer.from(`{"model":"${model}","messages":[{"role":"user","content":"`);
const tail = Buffer.from('"}],"max_tokens":4}');
const letters = Buffer.alloc(megabyte, 'ü');

describe('Bodies of requests to models', () => {
  let models: ModelWorld;
  beforeAll(async () => {
    models = await startServingWorld(1, {
      env: { ORRERY_INFERENCE_BODIES_BYTES: String(40 * megabyte), ORRERY_RATE_LIMIT_REFUSED: '1/5' },
    });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    models.server.always(completes());
    models.server.visits.length = 0;
  });
  const open: ClientRequest[] = [];
  afterEach(async () => {
    for (const asked of open.splice(0)) asked.destroy();
    await models.isAtRest();
  });

  interface Asked {
    readonly asked: ClientRequest;
    /** Undefined where the connection was closed: who goes on to speak may not hear why. */
    readonly answer: Promise<IncomingMessage | undefined>;
  }
  const ask = (more: Readonly<Record<string, string | number>> = {}, key = models.key): Asked => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...more };
    const asked = request(`${models.url}/v1/chat/completions`, { method: 'POST', agent: false, headers });
    const answer = new Promise<IncomingMessage | undefined>((resolve) =>
      asked.once('response', resolve).once('close', () => resolve(undefined)),
    );
    open.push(asked);
    // Who is turned away while he still speaks may hear a reset after it.
    asked.on('error', () => undefined);
    return { asked, answer };
  };
  const write = async ({ asked }: Asked, megabytes: number): Promise<number> => {
    for (let count = 0; count < megabytes; count += 1) {
      if (asked.destroyed || asked.closed) return count;
      if (!asked.write(letters)) await new Promise((resolve) => asked.once('drain', resolve).once('close', resolve));
    }
    return megabytes;
  };
  const lengthOf = (megabytes: number): number => head.length + megabytes * megabyte + tail.length;
  const begin = async (megabytes: number, isChunked: boolean): Promise<Asked> => {
    const begun = ask(isChunked ? {} : { 'content-length': lengthOf(megabytes) });
    begun.asked.write(head);
    await write(begun, megabytes - 1);
    return begun;
  };
  const finish = async (begun: Asked): Promise<number | undefined> => {
    await write(begun, 1);
    begun.asked.end(tail);
    return (await begun.answer)?.resume().statusCode;
  };

  it('pass to the byte where they are large, whether their length is told before or not', async () => {
    for (const isChunked of [false, true]) expect(await finish(await begin(30, isChunked))).toBe(200);
    const [one, other] = models.server.visits;
    expect(Buffer.byteLength(one?.raw ?? '')).toBeGreaterThan(30 * megabyte);
    expect(other?.raw).toBe(one?.raw);
    expect(one?.raw.endsWith(`ü${tail}`)).toBe(true);
  }, 60_000);

  it('are let go where they are larger than they may be, and keep nothing of what still comes', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const begun = ask();
    begun.asked.write(head);
    const written = write(begun, 100);
    expect([413, undefined]).toContain((await begun.answer)?.statusCode);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(70 * megabyte);
    begun.asked.destroy();
    expect(await written).toBeLessThan(100);
    expect(models.server.visits).toEqual([]);
    const told = ask({ 'content-length': lengthOf(100) });
    told.asked.flushHeaders();
    expect((await told.answer)?.statusCode).toBe(413);
    told.asked.destroy();
  }, 60_000);

  it.each([
    ['told before', false],
    ['not told', true],
  ])(
    'have so much room together and no more, where their length is %s; small ones find some, and what ends gives its own back',
    async (_, isChunked) => {
      const first = await begin(25, isChunked);
      const refused = await tooMuch(20, isChunked);
      if (!isChunked || refused) {
        expect([refused?.statusCode, refused?.headers['retry-after']]).toEqual([503, '1']);
        expect(JSON.parse(await textOf(refused))).toMatchObject({ error: { code: 'gateway_full' } });
      }
      expect((await models.post({})).status).toBe(200);
      expect(await finish(first)).toBe(200);
      const next = await begin(25, isChunked);
      next.asked.destroy();
      await eventually(async () => expect(await finish(await begin(25, isChunked))).toBe(200));
    },
    60_000,
  );

  const textOf = async (answer: IncomingMessage | undefined): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  const tooMuch = async (megabytes: number, isChunked: boolean): Promise<IncomingMessage | undefined> => {
    const begun = ask(isChunked ? {} : { 'content-length': lengthOf(megabytes) });
    begun.asked.write(head);
    if (isChunked) void write(begun, megabytes);
    return begun.answer;
  };

  it('keep their room where the request goes on without its client', async () => {
    let release = (): void => undefined;
    models.server.next(async (visit) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await completes()(visit);
    });
    const first = ask({ 'content-length': lengthOf(25), 'idempotency-key': 'a-large-one' });
    first.asked.write(head);
    await write(first, 25);
    first.asked.end(tail);
    await eventually(() => expect(models.server.visits).toHaveLength(1));
    first.asked.destroy();
    expect((await models.post({})).status).toBe(200);
    expect((await tooMuch(20, false))?.statusCode).toBe(503);
    release();
    await eventually(async () => expect(await finish(await begin(25, false))).toBe(200));
  }, 60_000);

  it('of requests that are refused before anything is reserved are read so often and no more', async () => {
    const key = await models.world.apiKey(models.owner);
    const wrong = (): Promise<Response> => models.post({ model: 7 }, { headers: { authorization: `Bearer ${key}` } });
    const good = (): Promise<Response> => models.post({}, { headers: { authorization: `Bearer ${key}` } });
    await eventually(async () => expect((await good()).status).toBe(200));
    // What a model server refuses was let in, and counts there.
    models.server.always(refuses(400));
    for (let times = 0; times < 8; times += 1) expect(await (await good()).json()).toMatchObject({ error: { code: 'no_way' } });
    models.server.always(completes());
    const codes: (number | string | null)[] = [];
    await eventually(async () => {
      const { status, headers } = await wrong();
      codes.push(status);
      expect([status, headers.get('retry-after')]).toEqual([429, '1']);
    });
    // Each was counted after it was answered.
    expect(codes.filter((code) => code === 400).length).toBeGreaterThanOrEqual(5);
    expect(codes.filter((code) => code === 400).length).toBeLessThan(10);
    // Nothing of the body has come: it is turned away all the same.
    const begun = ask({ 'content-length': 1_000 }, key);
    begun.asked.flushHeaders();
    expect((await begun.answer)?.statusCode).toBe(429);
    begun.asked.destroy();
    expect((await models.post({})).status).toBe(200);
    await eventually(async () => expect((await good()).status).toBe(200));
  }, 30_000);

  it('of requests that are answered as they were before are read so often and no more', async () => {
    const headers = { authorization: `Bearer ${await models.world.apiKey(models.owner)}`, 'idempotency-key': 'the-same' };
    const again = (): Promise<Response> => models.post({}, { headers });
    await eventually(async () => expect((await again()).status).toBe(200));
    const statuses: number[] = [];
    await eventually(async () => {
      const { status } = await again();
      statuses.push(status);
      expect(status).toBe(429);
    });
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(10);
  }, 30_000);
});
