import { formatNanos, inference } from '@orrery/contracts';
import { completes, eventually, type ModelAct, stallsAfter, streams } from '@orrery/testing';
import { cost, framesOf, type Guarded, type Guardrail, personal, startGuarded } from './fixtures/guarded.ts';
import { type ModelWorld, model } from './fixtures/models.ts';

const poison: Guardrail = { kind: 'terms', name: 'harm', action: 'block', terms: ['Poison', 'word two'] };

describe('Guardrails', () => {
  let guarded: Guarded;
  let models: ModelWorld;

  beforeAll(async () => {
    guarded = await startGuarded();
    ({ models } = guarded);
  }, 60_000);
  afterAll(() => guarded?.stop(), 30_000);
  beforeEach(() => guarded.afresh());
  afterEach(() => models.isAtRest());

  const set: Guarded['set'] = (...guardrails) => guarded.set(...guardrails);
  const say: Guarded['say'] = (...said) => guarded.say(...said);
  const answers = (...words: readonly string[]): ModelAct => completes({ words });
  const sent = (): unknown => models.server.visits.at(-1)?.body;

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
});
