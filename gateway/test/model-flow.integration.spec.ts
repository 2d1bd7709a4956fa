import { request } from 'node:http';
import { pause } from '@orrery/kernel';
import { completes, eventually, type ModelAct } from '@orrery/testing';
import { type ModelWorld, model, startModelWorld } from './fixtures/models.ts';

const megabyte = 1_048_576;
const counted = 11n * 1_009n + 4n * 4_001n + 7n;
const word = 'x'.repeat(8_000);
const frame = `data: ${JSON.stringify({ choices: [{ delta: { content: word } }] })}\n\n`;
const usage = { prompt_tokens: 11, completion_tokens: 4 };
const end = `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`;

describe('An answer that is larger than anybody holds', () => {
  let models: ModelWorld;
  /** By the model server, as far as somebody took it. */
  let written = 0;
  beforeAll(async () => {
    models = await startModelWorld(1, { runSettings: { stallMs: 3_000 } });
    await models.anew({ idleMs: 20_000 });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => {
    written = 0;
    models.server.always(completes());
  });
  afterEach(() => models.isAtRest());

  const taken = (response: { once: (event: 'drain' | 'close', then: () => void) => unknown; destroyed: boolean }): Promise<void> =>
    new Promise((resolve) => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  const streams =
    (frames: number): ModelAct =>
    async ({ response }) => {
      response.setMaxListeners(0).writeHead(200, { 'content-type': 'text/event-stream' });
      for (let count = 0; count < frames && !response.destroyed; count += 1) {
        if (!response.write(frame)) await taken(response);
        written += frame.length;
      }
      response.end(end);
    };

  interface Reading {
    readonly pause: () => void;
    readonly resume: () => void;
    readonly leave: () => void;
    readonly bytes: () => number;
    readonly id: () => string | undefined;
    readonly over: Promise<string>;
  }
  const read = (body: object = { stream: true }): Promise<Reading> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${models.key}`, 'content-type': 'application/json' };
      const asked = request(`${models.url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (response) => {
        let bytes = 0;
        let last = '';
        const over = new Promise<string>((ended) => {
          response.on('error', () => ended('<cut>'));
          response.on('end', () => ended(last));
        });
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          last = chunk.subarray(-200).toString();
        });
        resolve({
          pause: () => response.pause(),
          resume: () => response.resume(),
          leave: () => asked.destroy(),
          bytes: () => bytes,
          id: () => response.headers['x-orrery-request-id']?.toString(),
          over,
        });
      });
      asked.on('error', reject).end(JSON.stringify({ model, messages: [], ...body }));
    });
  const recordOf = async (reading: Reading) =>
    models.recordOf(new Response(null, { headers: { 'x-orrery-request-id': reading.id() ?? '' } }));

  /** The model server can write no more, for nobody takes it. */
  const isHeld = async (): Promise<number> =>
    eventually(
      async () => {
        const before = written;
        await pause(300);
        return before > 0 && written === before && before;
      },
      { within: 10_000 },
    );
  const memory = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;

  it('waits at the model server while its client takes nothing, and goes on where it was', async () => {
    const frames = Math.ceil((64 * megabyte) / frame.length);
    models.server.next(streams(frames));
    const before = memory();
    const reading = await read();
    reading.pause();
    // What lies in between: buffers of four sockets, and a little of ours.
    expect(await isHeld()).toBeLessThan(24 * megabyte);
    expect(memory() - before).toBeLessThan(32 * megabyte);
    reading.resume();
    expect(await reading.over).toContain('[DONE]');
    expect(reading.bytes()).toBeGreaterThan(frames * frame.length);
    expect(await recordOf(reading)).toMatchObject({ outcome: 'finished', cost: String(counted) });
  }, 60_000);

  it('is left where its client takes nothing for too long, and costs what was written', async () => {
    models.server.next(streams(100_000));
    const reading = await read();
    reading.pause();
    const record = await recordOf(reading);
    expect(record).toMatchObject({ outcome: 'left-while-it-was-answered', isEstimated: true, status: 499 });
    expect(record.output).toBeGreaterThan(0);
    reading.resume();
    expect(await reading.over).toBe('<cut>');
    await eventually(() => expect(models.server.answering).toBe(0));
  }, 60_000);

  it('passes whole, of a hundred megabytes, and is counted, and nothing is kept of it', async () => {
    const blocks = 100;
    const block = Buffer.alloc(megabyte, 'y');
    models.server.next(async ({ response }) => {
      response.setMaxListeners(0).writeHead(200, { 'content-type': 'application/json' });
      response.write('{"choices":[{"message":{"content":"');
      for (let count = 0; count < blocks && !response.destroyed; count += 1) if (!response.write(block)) await taken(response);
      response.end(`"}}],"usage":${JSON.stringify(usage)}}`);
    });
    const before = memory();
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, memory() - before);
    }, 20);
    const reading = await read({});
    await reading.over;
    clearInterval(watching);
    expect(reading.bytes()).toBeGreaterThan(blocks * megabyte);
    expect(most).toBeLessThan(64 * megabyte);
    expect(await recordOf(reading)).toMatchObject({ outcome: 'finished', isEstimated: false, cost: String(counted) });
  }, 60_000);
});
