import { createHmac } from 'node:crypto';
import { formatNanos, inference, OrgId } from '@orrery/contracts';
import { guardrailSecretOf } from '@orrery/credentials';
import { completes, eventually, type ModelAct, stallsAfter, streams } from '@orrery/testing';
import { type Judge, startJudge } from './fixtures/judge.ts';
import { type ModelWorld, model, startModelWorld } from './fixtures/models.ts';
import { signingKey } from './fixtures/world.ts';

type Guardrail = Partial<inference.Guardrail> & Pick<inference.Guardrail, 'kind' | 'name'>;

const personal: Guardrail = { kind: 'personal-data', name: 'privacy', action: 'mask', data: ['email', 'credit-card'] };
const poison: Guardrail = { kind: 'terms', name: 'harm', action: 'block', terms: ['Poison', 'word two'] };

const cost = (input: number, output: number): string => String(1_009 * input + 4_001 * output + 7);

describe('Guardrails', () => {
  let models: ModelWorld;
  let judge: Judge;

  beforeAll(async () => {
    judge = await startJudge();
    models = await startModelWorld(1, { env: { ORRERY_GUARDRAIL_HOSTS: '127.0.0.1' } });
    await models.anew({ alsoSpeaks: ['responses', 'messages'] });
  }, 60_000);
  afterAll(async () => {
    await models?.stop();
    await judge?.stop();
  }, 30_000);
  beforeEach(() => {
    models.server.always(completes());
    models.server.visits.length = 0;
    judge.asked.length = 0;
    judge.says = () => ({ verdict: 'allow' });
    judge.status = 200;
  });
  afterEach(() => models.isAtRest());

  /** Set, and known to the gateway: every set is known by a term of its own. */
  const set = async (...guardrails: readonly Guardrail[]): Promise<void> => {
    const orgId = OrgId.parse(models.owner.orgId);
    const probe = `probe-${Math.random()}`;
    const all = [...guardrails, { kind: 'terms', name: 'probe', action: 'block', stages: ['request'], terms: [probe] }];
    const settings = inference.InferenceSettings.parse({ ...inference.usualSettings, guardrails: all });
    await models.world.publishing.settings.put(orgId, { orgId, settings });
    await eventually(async () => expect((await models.post({ messages: [{ role: 'user', content: probe }] })).status).toBe(400));
    models.server.visits.length = 0;
  };
  const say = (content: string, more: object = {}): Promise<Response> => models.post({ messages: [{ role: 'user', content }], ...more });
  const answers = (...words: readonly string[]): ModelAct => completes({ words });
  const sent = (): unknown => models.server.visits.at(-1)?.body;
  /** What clients are told in the middle of a stream, and at its end. */
  const framesOf = async (response: Response): Promise<unknown[]> =>
    (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)));

  const asking: readonly [string, string, object, object][] = [
    [
      'chat',
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'I am a@b.de' }] }] },
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'I am [EMAIL]' }] }] },
    ],
    [
      'results of tools',
      '/v1/chat/completions',
      { messages: [{ role: 'tool', tool_call_id: 'a@b.de', content: 'a@b.de' }] },
      { messages: [{ role: 'tool', tool_call_id: 'a@b.de', content: '[EMAIL]' }] },
    ],
    ['completions', '/v1/completions', { prompt: ['x', 'a@b.de'] }, { prompt: ['x', '[EMAIL]'] }],
    ['embeddings', '/v1/embeddings', { input: 'a@b.de' }, { input: '[EMAIL]' }],
    [
      'responses',
      '/v1/responses',
      { input: [{ role: 'user', content: 'a@b.de' }], instructions: 'a@b.de' },
      { input: [{ role: 'user', content: '[EMAIL]' }], instructions: '[EMAIL]' },
    ],
    [
      'messages',
      '/v1/messages',
      { max_tokens: 9, system: 'a@b.de', messages: [{ role: 'user', content: 'a@b.de' }] },
      { system: '[EMAIL]', messages: [{ role: 'user', content: '[EMAIL]' }] },
    ],
    [
      'Deeplogix',
      `/api/model/${encodeURIComponent(model)}/chat`,
      { message: 'a@b.de' },
      { messages: [{ role: 'user', content: '[EMAIL]' }] },
    ],
  ];

  it.each(asking)('mask what is asked of a model: %s', async (_, path, body, expected) => {
    await set(personal);
    const response = await fetch(`${models.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${models.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, ...body }),
    });
    await response.text();
    expect(sent()).toMatchObject(expected);
  });

  it('let pass, byte for byte, what they have nothing against, and mask nothing but texts', async () => {
    await set(personal);
    const text = '{"n":1.0, "x" : 12345678901234567890,"messages":[{"role":"user","content":"fine \\u00e9"}],"user":"a@b.de"}';
    const body = `{"model":"${model}",${text.slice(1)}`;
    const headers = { authorization: `Bearer ${models.key}`, 'content-type': 'application/json' };
    await (await fetch(`${models.url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
    expect(models.server.visits.at(-1)?.raw).toBe(body.replace(model, 'served-llama'));
  });

  const refusing: readonly [string, string, object, object][] = [
    [
      'OpenAI',
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 'POISÓN' }] },
      { error: { code: 'request_blocked', type: 'invalid_request_error' } },
    ],
    [
      'Anthropic',
      '/v1/messages',
      { max_tokens: 9, messages: [{ role: 'user', content: 'word\ntwo' }] },
      { type: 'error', error: { type: 'invalid_request_error' } },
    ],
  ];

  it.each(refusing)(
    'refuse a request in the words of the API, name the guardrail and nothing of what it found: %s',
    async (_, path, body, expected) => {
      await set(poison);
      const response = await models.post(body, { path });
      expect(response.status).toBe(400);
      const told = await response.text();
      expect(JSON.parse(told)).toMatchObject(expected);
      expect(told).toContain('harm');
      expect(told).not.toMatch(/pois|word/i);
      expect(models.server.visits).toEqual([]);
      const record = await models.recordOf(response);
      expect(record).toMatchObject({
        outcome: 'blocked-before-it-was-sent',
        cost: '0',
        status: 400,
        error: 'RequestBlocked',
        tags: ['guardrail:harm'],
      });
    },
  );

  it('mask a whole answer, and give another one on as it came', async () => {
    await set(personal);
    models.server.next(answers('write to a@', 'b.de'), answers('fine'));
    const masked = await say('Hi');
    expect(await masked.json()).toMatchObject({ choices: [{ message: { content: 'write to [EMAIL]' } }] });
    expect(masked.headers.get('x-orrery-cost')).toBe(`${cost(11, 4)} EUR`);
    expect(await (await say('Hi')).json()).toMatchObject({ choices: [{ message: { content: 'fine' } }], usage: { prompt_tokens: 11 } });
  });

  it('refuse a whole answer, which is paid as it was counted', async () => {
    await set(poison);
    models.server.next(answers('sweet ', 'poison'));
    const response = await say('Hi');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'answer_blocked', message: expect.stringContaining('harm') } });
    expect(await models.recordOf(response)).toMatchObject({
      outcome: 'blocked-after-it-was-answered',
      cost: cost(11, 4),
      isEstimated: false,
      error: 'AnswerBlocked',
      tags: ['guardrail:harm'],
    });
  });

  it('refuse a whole answer that nobody counted, which is paid as it is estimated', async () => {
    await set(poison);
    models.server.next(completes({ words: ['sweet ', 'poison'], usage: null }));
    const record = await models.recordOf(await say('Hi'));
    expect(record).toMatchObject({ outcome: 'blocked-after-it-was-answered', isEstimated: true, output: 3 });
  });

  it('mask a stream however it is cut, and count it', async () => {
    await set(personal, { kind: 'patterns', name: 'codes', action: 'mask', patterns: ['X-\\d+'], placeholder: '<code>' });
    models.server.next(answers('mail a', '@', 'b', '.d', 'e, code X', '-12', '34', ' pay 4111 1111', ' 1111 1111', ' bye'));
    const response = await say('Hi', { stream: true, stream_options: { include_usage: true } });
    const frames = await framesOf(response);
    const text = frames.map((frame) => Reflect.get(Object(frame), 'choices')[0]?.delta.content ?? '').join('');
    expect(text).toBe('mail [EMAIL], code <code> pay [CREDIT_CARD] bye');
    expect(frames.at(-1)).toMatchObject({ usage: { completion_tokens: 4 } });
    expect(await models.recordOf(response)).toMatchObject({ outcome: 'finished', cost: cost(11, 4) });
  });

  const ends: readonly [string, string, object, object][] = [
    ['OpenAI', '/v1/chat/completions', {}, { choices: [{ finish_reason: 'content_filter' }] }],
    ['Anthropic', '/v1/messages', { max_tokens: 50 }, { type: 'message_stop' }],
    [
      'Responses',
      '/v1/responses',
      { messages: undefined, input: 'Hi' },
      { type: 'response.incomplete', response: { incomplete_details: { reason: 'content_filter' } } },
    ],
  ];

  it.each(ends)('end a stream before what must not pass, and stop the model: %s', async (_, path, body, last) => {
    await models.anew();
    await set(poison);
    models.server.next(stallsAfter(['sweet ', 'poi', 'son ', 'and more']));
    const response = await models.post({ ...body, stream: true }, { path });
    expect(response.status).toBe(200);
    const told = await response.text();
    expect(told).toContain('sweet ');
    expect(told).not.toMatch(/poi|"son/);
    const frames = told.split('\n').filter((line) => line.startsWith('data: {'));
    expect(JSON.parse(frames.at(-1)?.slice(6) ?? '')).toMatchObject(last);
    await eventually(() => expect(models.server.answering).toBe(0));
    expect(await models.recordOf(response)).toMatchObject({
      outcome: 'blocked-after-it-was-answered',
      isEstimated: true,
      status: 200,
      error: 'AnswerBlocked',
      tags: ['guardrail:harm'],
    });
  });

  it('end a stream at its end, paid as it was counted', async () => {
    await models.anew();
    await set(poison);
    models.server.next(answers('sweet poison'));
    const response = await say('Hi', { stream: true });
    expect(JSON.stringify(await framesOf(response))).toContain('content_filter');
    const record = await models.recordOf(response);
    // The model may have been stopped before it counted.
    expect(record).toMatchObject({ outcome: 'blocked-after-it-was-answered' });
  });

  it('break a stream off that they cannot read', async () => {
    await set(poison);
    models.server.next(streams('data: {"choices":[{"delta":{"content":"a "}}]}\n\ndata: poison\n\n'));
    const response = await say('Hi', { stream: true });
    expect(await response.text()).not.toContain('poison');
    expect(await models.recordOf(response)).toMatchObject({ outcome: 'failed-while-it-was-answered' });
  });

  it('refuse what may cost too much before anything is reserved', async () => {
    await set({ kind: 'cost', name: 'thrift', most: formatNanos(BigInt(cost(100, 10))) });
    const response = await say('Hi', { max_tokens: 1_000 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'request_too_costly', message: expect.stringContaining('thrift') } });
    expect(models.records.some(({ requestId }) => requestId === response.headers.get('x-orrery-request-id'))).toBe(false);
    expect((await say('Hi', { max_tokens: 5 })).status).toBe(200);
  });

  it('hold for the models and keys that they name alone', async () => {
    await set({ ...poison, models: ['other/model'] });
    expect((await say('poison')).status).toBe(200);
    await set({ ...poison, models: ['LLAMA'] });
    expect((await say('poison')).status).toBe(400);
    const other = models.world.mint(models.owner);
    await other.publish();
    const narrow = inference.Guardrail.parse({ ...poison, keys: [other.id] });
    await set(narrow);
    expect((await say('poison')).status).toBe(200);
    await eventually(async () => {
      const theirs = await models.post(
        { messages: [{ role: 'user', content: 'poison' }] },
        { headers: { authorization: `Bearer ${other.key}` } },
      );
      expect(theirs.status).toBe(400);
    });
  });

  describe('that are asked over HTTP', () => {
    const http = (more: object = {}): Guardrail => ({ kind: 'http', name: 'judge', url: judge.url, onFailure: 'block', ...more });

    it('are told what is asked, signed, after what is masked here, and replace it', async () => {
      await set(personal, http({ stages: ['request'] }));
      judge.says = (texts) => ({ verdict: 'replace', texts: texts.map((text) => text.toUpperCase()) });
      await (await say('from a@b.de')).text();
      expect(sent()).toMatchObject({ messages: [{ role: 'user', content: 'FROM [EMAIL]' }] });
      const [{ headers, body } = { headers: {}, body: '' }] = judge.asked;
      expect(JSON.parse(body)).toEqual({
        version: 1,
        guardrail: 'judge',
        stage: 'request',
        orgId: models.owner.orgId,
        requestId: expect.any(String),
        keyId: expect.any(String),
        model,
        texts: ['from [EMAIL]'],
      });
      const [, seconds = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-orrery-signature'])) ?? [];
      expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
      const secret = guardrailSecretOf(signingKey, models.owner.orgId);
      expect(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')).toBe(signature);
    });

    it('block what is asked, and what is answered', async () => {
      await set(http());
      judge.says = () => ({ verdict: 'block' });
      const asked = await say('Hi');
      expect(asked.status).toBe(400);
      expect(await models.recordOf(asked)).toMatchObject({ outcome: 'blocked-before-it-was-sent', tags: ['guardrail:judge'] });
      judge.says = (texts) => ({ verdict: texts[0] === 'Hi' ? 'allow' : 'block' });
      const answered = await say('Hi');
      expect(answered.status).toBe(400);
      expect(await models.recordOf(answered)).toMatchObject({ outcome: 'blocked-after-it-was-answered', cost: cost(11, 4) });
    });

    it('are shown a stream when it is whole; nothing of it is told before', async () => {
      await set(http({ stages: ['answer'] }));
      judge.says = (texts) => ({ verdict: 'replace', texts: texts.map((text) => text.replace('world', 'moon')) });
      const response = await say('Hi', { stream: true });
      const text = (await framesOf(response)).map((frame) => Reflect.get(Object(frame), 'choices')[0]?.delta.content ?? '').join('');
      expect(text).toBe('Hello, moon!');
      judge.says = () => ({ verdict: 'block' });
      const blocked = await say('Hi', { stream: true });
      expect(blocked.status).toBe(400);
      expect(await models.recordOf(blocked)).toMatchObject({ outcome: 'blocked-after-it-was-answered', cost: cost(11, 4) });
    });

    it.each([
      ['say nothing in time', undefined, 200],
      ['say something else', () => ({ verdict: 'perhaps' }), 200],
      ['replace more than there is', () => ({ verdict: 'replace', texts: ['a', 'b'] }), 200],
      ['fail', () => ({ verdict: 'allow' }), 500],
    ])('let nothing pass, or all, as they are set, where they %s', async (_, says, status) => {
      await set(http({ stages: ['request'], timeoutMs: 200 }));
      judge.says = says;
      judge.status = status;
      const closed = await say('Hi');
      expect(closed.status).toBe(503);
      expect(closed.headers.get('retry-after')).toBe('1');
      expect(await closed.json()).toMatchObject({ error: { code: 'guardrail_unavailable' } });
      await set(http({ stages: ['request'], timeoutMs: 200, onFailure: 'allow' }));
      expect((await say('Hi')).status).toBe(200);
    });

    it('are asked at no address of our own, unless the operator trusts it', async () => {
      await set(http({ url: judge.url.replace('127.0.0.1', 'localhost') }));
      expect((await say('Hi')).status).toBe(503);
      await set(http({ url: `https://localhost:${new URL(judge.url).port}/` }));
      expect((await say('Hi')).status).toBe(503);
      expect(judge.asked).toEqual([]);
    });
  });
});
