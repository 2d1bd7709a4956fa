import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { completes, eventually, stallsAfter } from '@orrery/testing';
import { type ModelWorld, model, startServingWorld } from './fixtures/models.ts';

const counted = 11n * 1_009n + 4n * 4_001n + 7n;

describe('A connection over which models are called', () => {
  let models: ModelWorld;

  beforeAll(async () => {
    models = await startServingWorld(1, { runSettings: { stallMs: 500 } });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  const written = (version: string, more: object = {}): string => {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }], ...more });
    const head = [
      `POST /v1/chat/completions HTTP/${version}`,
      'host: orrery',
      `authorization: Bearer ${models.key}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    return `${head.join('\r\n')}\r\n\r\n${body}`;
  };

  const open = (): Socket => connect(Number(new URL(models.url).port), '127.0.0.1');

  it('may be of HTTP/1.0, as some proxies make theirs', async () => {
    const known = models.records.length;
    const socket = open();
    socket.write(written('1.0'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('"content":"world"');
    expect(answer.endsWith('data: [DONE]\n\n')).toBe(true);
    const record = await eventually(() => {
      expect(models.records.length).toBeGreaterThan(known);
      return models.records.at(-1);
    });
    expect(record).toMatchObject({ outcome: 'finished', cost: String(counted) });
  });

  it('leaves nothing behind where it ends before the second answer had its turn', async () => {
    const known = models.records.length;
    const words = Array.from({ length: 8 }, () => 'x'.repeat(60_000));
    models.server.always((visit) => (visit.body['max_tokens'] === 1 ? stallsAfter(['one']) : completes({ words }))(visit));
    const socket = open();
    socket.write(`${written('1.1', { max_tokens: 1 })}${written('1.1')}`);
    await once(socket, 'data');
    socket.destroy();
    await eventually(
      () => {
        const left = 'left-while-it-was-answered';
        expect(models.records.slice(known).map(({ outcome }) => outcome)).toEqual([left, left]);
      },
      { within: 8_000 },
    );
  });
});
