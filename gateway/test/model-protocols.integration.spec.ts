import { completes, type ModelAct, resetsAfter, streams } from '@orrery/testing';
import { type ModelWorld, startServingWorld } from './fixtures/models.ts';
import { otherUpstream } from './fixtures/other-upstreams.ts';

describe('A model server of another protocol', () => {
  let models: ModelWorld;
  let narrow: string;

  beforeAll(async () => {
    models = await startServingWorld();
    narrow = await otherUpstream(models, 'narrow', { kind: 'anthropic', concurrency: 1, queue: 0 });
  }, 60_000);
  afterAll(() => models?.stop(), 30_000);
  beforeEach(() => models.server.always(completes()));
  afterEach(() => models.isAtRest());

  it('gives back the place of who asks for what it cannot be asked for', async () => {
    expect((await models.post({ model: narrow, n: 2 })).status).toBe(400);
    expect((await models.post({ model: narrow })).status).toBe(200);
  });

  it('is asked for nothing that is nested deeper than anybody means', async () => {
    const nested = (depth: number): Promise<Response> =>
      fetch(`${models.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${models.key}`, 'content-type': 'application/json' },
        body: `{"model":"${narrow}","messages":[{"role":"user","content":"Hi"}],"x":${'['.repeat(depth)}${']'.repeat(depth)}}`,
      });
    for (const depth of [70, 200_000]) {
      const response = await nested(depth);
      expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'nested_too_deep' } }]);
      expect(await models.recordOf(response)).toMatchObject({ outcome: 'failed-before-the-first-byte', cost: '0' });
    }
    expect((await nested(60)).status).toBe(200);
  });

  const sent = (...events: readonly { readonly type: string }[]): string =>
    events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

  /** What went in is counted when it begins, what came out when it ends: and it does not end. */
  const breaksOff: ModelAct = ({ response, socket }) => {
    const usage = { input_tokens: 11, output_tokens: 1 };
    const begun = { type: 'message_start', message: { role: 'assistant', content: [], usage } };
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x'.repeat(400) } };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(sent(begun, block, delta), () => socket.resetAndDestroy());
  };

  it('is paid for what it wrote where it breaks off before it has counted that', async () => {
    models.server.next(breaksOff);
    const response = await models.post({ model: narrow, stream: true });
    await response.text();
    expect(await models.recordOf(response)).toMatchObject({ input: 11, output: 101, isEstimated: true });
  });

  it('may be a shadow: what it cannot be asked for is left out there, and answered all the same', async () => {
    await models.anew({}, { shadow: { upstream: 'narrow', model: 'served-narrow', percent: 100 } });
    expect((await models.post({ n: 2 })).status).toBe(200);
    expect(models.server.visits.filter(({ path }) => path.endsWith('/messages'))).toEqual([]);
    await models.anew();
  });

  const said = 'data: {"choices":[{"delta":{"content":"four"}}]}\n\n';

  it.each<[string, string, ModelAct]>([
    ['/v1/chat/completions', 'says that it fails', streams(`${said}data: {"error":{"message":"x"}}\n\n`)],
    ['/v1/messages', 'says that it fails', streams(`${said}data: {"error":{"message":"x"}}\n\n`)],
    ['/v1/messages', 'ends too early', streams(said)],
    ['/v1/responses', 'ends too early', streams(said)],
    ['/v1/responses', 'breaks off', resetsAfter(['four'])],
  ])('has failed once, at %s, where it %s', async (path, _, act) => {
    await models.anew();
    models.server.next(act);
    const text = await (await models.post({ stream: true, input: 'Hi' }, { path })).text();
    const failures = text.split('\n\n').filter((frame) => /^data: \{(?:"error":|"type":"error"|"type":"response\.failed")/m.test(frame));
    expect(failures).toHaveLength(1);
  });
});
