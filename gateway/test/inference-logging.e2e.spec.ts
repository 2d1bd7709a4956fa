import { completes, eventually, refuses } from '@orrery/testing';
import { type Customer, type InferenceSystem, startWithCustomer } from './fixtures/inference-system.ts';

describe('What is logged of calls of models', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;

  beforeAll(async () => {
    ({ system, customer, key } = await startWithCustomer());
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);
  beforeEach(() => system.model.always(completes()));

  const idOf = ({ headers }: Response): string => headers.get('x-orrery-request-id') ?? '';
  const line = (id: string, who = customer) => who.call('get', `/inference/requests/${id}`);
  const logged = (id: string) =>
    eventually(
      async () => {
        const { status, body } = await line(id);
        expect(status).toBe(200);
        return body;
      },
      { within: 15_000 },
    );
  const withContent = (id: string) =>
    eventually(
      async () => {
        const { body } = await line(id);
        expect(body.content).toBeTruthy();
        return body;
      },
      { within: 15_000 },
    );
  /** Every gateway knows within a second: seen by what is logged. */
  const logs = async (logging: object): Promise<void> => {
    const { status } = await customer.call('put', `/orgs/${customer.slug}/inference-settings`, { logging });
    expect(status).toBe(200);
  };

  it('is a line without words, unless the organization says otherwise', async () => {
    const answer = await system.chat(key);
    expect(await logged(idOf(answer))).toMatchObject({ outcome: 'finished', content: null });
    const { body } = await customer.call('get', `/orgs/${customer.slug}/inference-settings`);
    expect(body).toMatchObject({ logging: { policy: 'metadata' }, setAt: null });
  });

  it('is what was sent and what was answered, to the byte, where it wants it all; without what opened it', async () => {
    await logs({ policy: 'full', retentionDays: 7 });
    const headers = { 'x-request-id': 'mine', 'x-secret': 'do-not-keep' };
    const told = await eventually(async () => {
      const answer = await system.chat(key, {}, { headers });
      const text = await answer.text();
      return { text, ...(await withContent(idOf(answer))) };
    });
    expect(JSON.parse(told.content.request.text)).toMatchObject({ model: 'acme/one', messages: [{ role: 'user', content: 'Hi' }] });
    expect(told.content.answer).toEqual({ text: told.text, bytes: told.text.length, isCut: false, isWhole: true });
    expect(JSON.stringify(told)).not.toContain(key);
    expect(JSON.stringify(told)).not.toContain('do-not-keep');
  }, 40_000);

  it('is a stream as the client read it', async () => {
    const answer = await system.chat(key, { stream: true });
    const text = await answer.text();
    const { content } = await withContent(idOf(answer));
    expect(content.answer).toMatchObject({ text, isWhole: true });
    expect(text).toContain('[DONE]');
  });

  it('is only the beginning of what is long, and says so', async () => {
    system.model.next(completes({ words: ['long '.repeat(60_000)] }));
    const answer = await system.chat(key, { note: 'n'.repeat(200_000) });
    const text = await answer.text();
    const { content } = await withContent(idOf(answer));
    expect(content.answer).toMatchObject({ text: text.slice(0, 131_072), bytes: text.length, isCut: true, isWhole: true });
    expect(content.request.isCut).toBe(true);
    expect(content.request.text).toHaveLength(131_072);
  });

  it('is what was asked alone, where nothing was answered', async () => {
    system.model.always(refuses(400, { message: 'no such thing' }));
    const answer = await system.chat(key);
    expect(answer.status).toBe(400);
    const { content, error } = await withContent(idOf(answer));
    expect(error).toBe('ModelRefused');
    expect(content).toMatchObject({ answer: null, request: { isCut: false } });
  });

  it('is shown to nobody else', async () => {
    const answer = await system.chat(key);
    await withContent(idOf(answer));
    expect((await line(idOf(answer), await system.customer())).status).toBe(404);
    const narrow = await customer.key({ scopes: [{ permissions: ['models:call'] }] });
    const { status } = await fetch(`${system.url}/orrery/v1/inference/requests/${idOf(answer)}`, {
      headers: { authorization: `Bearer ${narrow}` },
    });
    expect(status).toBe(403);
  });

  it('is nothing where nothing is wanted; and all of it is on the bill all the same', async () => {
    const who = await system.customer();
    const itsKey = await who.key();
    await who.call('put', `/orgs/${who.slug}/inference-settings`, { logging: { policy: 'off' } });
    await eventually(async () => expect((await system.chat(itsKey)).status).toBe(200), { within: 15_000 });
    const hidden = await eventually(
      async () => {
        const answer = await system.chat(itsKey);
        const { body: before } = await who.call('get', '/balance');
        const used = await eventually(async () => {
          const { body } = await who.call('get', '/balance');
          expect(BigInt(body.used)).toBeGreaterThan(BigInt(before.used));
          return body.used;
        });
        expect(BigInt(used)).toBeGreaterThan(0n);
        expect((await line(idOf(answer), who)).status).toBe(404);
        return answer;
      },
      { within: 20_000 },
    );
    const { body } = await who.call('get', '/inference/requests');
    expect(JSON.stringify(body)).not.toContain(idOf(hidden));
  }, 40_000);
});
