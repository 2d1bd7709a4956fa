import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { completes, eventually, type ModelAct, resetsAfter } from '@orrery/testing';
import { type ModelWorld, model, startModelWorld } from './fixtures/models.ts';

const streams = 1_000;
const words = Array.from({ length: 50 }, (_, index) => `word ${index} `);
// What is not collected yet is no leak: only after a collection can that be told.
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const agent = new Agent({ keepAlive: false });

/** A stream that is read to its end, or left after so many bytes. */
const read = (models: ModelWorld, leaveAfter: number, onBegun: () => void): Promise<number> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    const headers = {
      authorization: `Bearer ${models.key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    let bytes = 0;
    const asked = request(`${models.url}/v1/chat/completions`, { method: 'POST', headers, agent }, (response) => {
      onBegun();
      response
        .on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes >= leaveAfter) asked.destroy();
        })
        .on('close', () => resolve(bytes))
        .on('error', () => resolve(bytes));
      // A reset overtakes what it follows: then nothing was answered.
      if (response.statusCode !== 200 && response.statusCode !== 502) reject(new Error(`it was answered ${response.statusCode}`));
    });
    asked.on('error', (error) => (bytes > 0 ? resolve(bytes) : reject(error)));
    asked.end(body);
  });

describe('A thousand streams at once, a tenth of them cut', () => {
  let models: ModelWorld;
  beforeAll(async () => {
    models = await startModelWorld(1, { env: { ORRERY_RATE_LIMIT_REDIS_MS: '10000', ORRERY_INFERENCE_REDIS_MS: '10000' } });
    await models.anew({ firstByteMs: 60_000, idleMs: 60_000 });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);

  const slowly = completes({ words, everyMs: 120 });
  const cut = resetsAfter(words.slice(0, 10));
  /** Every twentieth stream breaks at the model server, every twentieth client leaves. */
  const act: ModelAct = (visit) => (models.server.visits.length % 20 === 7 ? cut(visit) : slowly(visit));

  const begin = (reading: Promise<number>[]): Promise<unknown> =>
    Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const leaveAfter = index % 20 === 3 ? 700 : Number.POSITIVE_INFINITY;
        return new Promise<void>((begun) => reading.push(read(models, leaveAfter, begun)));
      }),
    );

  const round = async (): Promise<void> => {
    const reading: Promise<number>[] = [];
    // No more at a time than wait at a door; each goes on for seconds.
    while (reading.length < streams) await begin(reading);
    await Promise.all(reading);
    await models.isAtRest();
  };
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const memory = (): number => {
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  };

  it('are paid to the nano-unit, and leave no socket, no reservation and no memory behind', async () => {
    models.server.always(act);
    await round();
    models.server.visits.length = 0;
    const before = { memory: memory(), sockets: sockets() };
    await round();
    models.server.visits.length = 0;
    await round();
    models.server.visits.length = 0;
    expect(models.records.length).toBeGreaterThanOrEqual(3 * streams);
    const outcomes = new Set(models.records.map(({ outcome }) => outcome));
    for (const outcome of ['failed-while-it-was-answered', 'finished', 'left-while-it-was-answered']) expect(outcomes).toContain(outcome);
    await eventually(() => expect(sockets()).toBeLessThanOrEqual(before.sockets + 5), { within: 15_000 });
    // Two thousand streams more: what each had left behind would be seen many times over. The records alone are kept by this test; measured, it was less than 1 MB.
    expect(memory() - before.memory).toBeLessThan(10_000_000);
  }, 300_000);
});
