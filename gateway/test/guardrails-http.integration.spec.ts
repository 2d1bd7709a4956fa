import { createHmac } from 'node:crypto';
import { guardrailSecretOf } from '@orrery/credentials';
import { cost, framesOf, type Guarded, type Guardrail, personal, startGuarded } from './fixtures/guarded.ts';
import type { Judge } from './fixtures/judge.ts';
import { type ModelWorld, model } from './fixtures/models.ts';
import { signingKey } from './fixtures/world.ts';

describe('Guardrails that are asked over HTTP', () => {
  let judge: Judge;
  let guarded: Guarded;
  let models: ModelWorld;

  beforeAll(async () => {
    guarded = await startGuarded();
    ({ models, judge } = guarded);
  }, 60_000);
  afterAll(() => guarded?.stop(), 30_000);
  beforeEach(() => guarded.afresh());
  afterEach(() => models.isAtRest());

  const set: Guarded['set'] = (...guardrails) => guarded.set(...guardrails);
  const say: Guarded['say'] = (...said) => guarded.say(...said);

  const sent = (): unknown => models.server.visits.at(-1)?.body;
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
