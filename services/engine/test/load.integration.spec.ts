import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@orrery/servers';
import { type Engine, eventually, startEngine } from '@orrery/testing';
import OpenAI from 'openai';

jest.setTimeout(60_000);

const story = [{ role: 'user' as const, content: 'Tell me a story' }];
/** As long as the context lets it be, and with all the probabilities that can be had: seconds. */
const endless = {
  messages: story,
  temperature: 0,
  logprobs: true,
  top_logprobs: 20,
  stream: true,
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'long',
      schema: { type: 'object', properties: { a: { type: 'string', minLength: 1_500 }, b: { type: 'string', minLength: 1_500 } } },
    },
  },
} as const;

describe('An engine with more to do than it can', () => {
  let engine: Engine;
  let openai: OpenAI;
  let healthPort: number;

  beforeAll(async () => {
    healthPort = await freePort();
    engine = await startEngine({
      ORRERY_ENGINE_SEQUENCES: '2',
      ORRERY_ENGINE_QUEUE: '1',
      ORRERY_ENGINE_KEY: 'the key of a test',
      ORRERY_HEALTH_PORT: String(healthPort),
    });
    openai = new OpenAI({ apiKey: 'the key of a test', baseURL: engine.baseUrl, maxRetries: 0 });
  }, 150_000);

  afterAll(() => engine?.stop());

  const model = 'tiny-chat';
  const counts = async () => {
    const response = await fetch(engine.baseUrl.replace('/v1', '/health'));
    // As the README of the engine says.
    return (await response.json()) as { readonly busy: number; readonly waiting: number };
  };
  const isIdle = async (): Promise<boolean> => {
    const { busy, waiting } = await counts();
    return busy === 0 && waiting === 0;
  };
  const begin = () => openai.chat.completions.create({ model, ...endless });

  /** How requests ended, as the engine counts them. */
  const outcomes = async (): Promise<readonly (string | undefined)[]> => {
    const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return [...text.matchAll(/^orrery_engine_seconds_count\{.*outcome="(\w+)"/gm)].map(([, outcome]) => outcome);
  };

  it('opens to nobody without its key', async () => {
    const stranger = new OpenAI({ apiKey: 'another', baseURL: engine.baseUrl, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('says that a body is too large to a client that reads nothing before it has sent all of it', async () => {
    const { host, hostname, port } = new URL(engine.baseUrl);
    const body = Buffer.alloc(40 * 2 ** 20, 'x');
    const key = 'authorization: Bearer the key of a test';
    const client = connect(Number(port), hostname).pause();
    client.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\n${key}\r\ncontent-length: ${body.length}\r\n\r\n`);
    await new Promise<void>((resolve, reject) => client.once('error', reject).write(body, () => resolve()));
    client.resume();
    expect(String(await once(client, 'data'))).toMatch(/^HTTP\/1.1 413 /);
    client.destroy();
  });

  it('takes it for no fault of its own when a client leaves while it sends', async () => {
    const headers = { authorization: 'Bearer the key of a test' };
    const sent = request(`${engine.baseUrl}/chat/completions`, { method: 'POST', headers }).on('error', () => undefined);
    // Bytes that were only counted would go down with the connection.
    await new Promise((resolve) => sent.write('{"model":', resolve));
    sent.destroy();
    await eventually(async () => (await outcomes()).includes('left'));
    expect(await outcomes()).not.toContain('failed');
  });

  it('answers several at once, each as alone', async () => {
    const questions = ['Hello', 'What is 2 + 2?', 'Ping'];
    const answers = await Promise.all(
      questions.map((content) => openai.chat.completions.create({ model, messages: [{ role: 'user', content }], temperature: 0 })),
    );
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(['Hello! How can I help you today?', '2 + 2 = 4', 'pong']);
  });

  it('lets one wait, sends the next one away with a time, and stops for clients that leave', async () => {
    const streams = [await begin(), await begin()];
    const waiting = new AbortController();
    const third = openai.chat.completions.create({ model, ...endless }, { signal: waiting.signal });
    third.catch(() => undefined);
    await eventually(async () => (await counts()).waiting === 1);
    const fourth = await openai.chat.completions.create({ model, ...endless }).catch((error: unknown) => error);
    expect(fourth).toMatchObject({ status: 503, code: 'engine_overloaded' });
    expect(fourth instanceof OpenAI.APIError && fourth.headers?.get('retry-after')).toBe('1');
    // Who leaves while waiting takes no turn.
    waiting.abort();
    await eventually(async () => (await counts()).waiting === 0);
    for (const stream of streams) stream.controller.abort();
    await eventually(isIdle);
  });

  it('gives the client of the SDK its answer when it comes again', async () => {
    const patient = new OpenAI({ apiKey: 'the key of a test', baseURL: engine.baseUrl, maxRetries: 5 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        patient.chat.completions.create({ model, messages: [{ role: 'user', content: 'Say OK' }], temperature: 0 }),
      ),
    );
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(8).fill('OK'));
  });
});

describe('An engine that is told to stop', () => {
  it('ends the answer that it is giving, and takes nothing new', async () => {
    const engine = await startEngine();
    const openai = new OpenAI({ apiKey: 'none', baseURL: engine.baseUrl, maxRetries: 0 });
    const stream = await openai.chat.completions.create({ model: engine.model, messages: story, temperature: 0, stream: true });
    let text = '';
    let stopped: Promise<void> | undefined;
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      stopped ??= engine.stop();
    }
    await stopped;
    expect(text).toMatch(/^Once upon a time .* The end\.$/);
    await expect(openai.models.list()).rejects.toThrow();
  }, 150_000);
});

describe('An engine that cannot start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'orrery-engine-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  const said = (env: Record<string, string>): Promise<{ code: unknown; text: string }> =>
    new Promise((resolve) => {
      const main = join(process.cwd(), 'services/engine/dist/main.js');
      execFile(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env }, timeout: 30_000 }, (error, _, text) =>
        resolve({ code: error?.code, text }),
      );
    });

  it('says what to mend', async () => {
    const broken = join(directory, 'broken.gguf');
    writeFileSync(broken, 'no model');
    expect(await said({})).toMatchObject({ code: 78, text: expect.stringContaining('ORRERY_ENGINE_MODEL') });
    expect(await said({ ORRERY_ENGINE_MODEL: broken })).toMatchObject({ code: 1, text: expect.stringContaining('is no model') });
    expect(await said({ ORRERY_ENGINE_MODEL: broken, ORRERY_ENGINE_HOST: '0.0.0.0' })).toMatchObject({
      code: 1,
      text: expect.stringContaining('set ORRERY_ENGINE_KEY'),
    });
  });
});
