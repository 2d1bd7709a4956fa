import { once } from 'node:events';
import type { Server } from 'node:net';
import { contenderOf } from './contenders.ts';
import { chunksOfStream } from './fixed-answers.ts';
import { createFixedModel } from './fixed-model.ts';
import { readStreams, type StreamLoad } from './stream-load.ts';

/** What the benchmark of the gateway stands on: a model server that says what models say, and a reader that misses nothing of it. */
describe('the model server of the benchmark', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createFixedModel().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });

  afterAll(async () => {
    server.close();
    await once(server, 'close');
  });

  const chat = (body: string, base = '/v1'): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${base}/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

  const load = (more: Partial<StreamLoad> = {}): StreamLoad => {
    const { path, headers, streamBody: body } = contenderOf({ name: 'model server', port, pids: [] });
    return { port, path, headers, body, connections: 2, windowMs: 50, spreadMs: 0, ...more };
  };

  it('answers a completion whose usage adds up', async () => {
    const { body } = contenderOf({ name: 'model server', port, pids: [] });
    const { usage } = JSON.parse(await (await chat(body)).text());
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  it('streams as many chunks as it says, and says at the end what was used', async () => {
    const { streamBody } = contenderOf({ name: 'model server', port, pids: [] });
    const frames = (await (await chat(streamBody)).text()).split('\n\n').filter(Boolean);
    expect(frames.slice(0, -2)).toHaveLength(chunksOfStream);
    expect(JSON.parse(frames.at(-2)?.replace('data: ', '') ?? '').usage.completion_tokens).toBe(chunksOfStream);
    expect(frames.at(-1)).toBe('data: [DONE]');
  });

  it('is read stream after stream on each connection until the window is over', async () => {
    const { streams, failed, firstByteMs } = await readStreams(load());
    expect(failed).toBe(0);
    expect(streams).toBeGreaterThan(2);
    expect(firstByteMs.every((ms) => ms > 0)).toBe(true);
  });

  it('takes as long as a model below /paced', async () => {
    const { streams, seconds } = await readStreams(load({ path: '/paced/v1/chat/completions', windowMs: 1 }));
    expect(streams).toBe(2);
    expect(seconds).toBeGreaterThan(0.9);
  });

  it('counts as failed what is no stream', async () => {
    const { streams, failed } = await readStreams(load({ path: '/nowhere' }));
    expect({ streams, failed }).toEqual({ streams: 0, failed: 2 });
  });
});
