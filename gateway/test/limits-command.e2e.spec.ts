import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { main } from '@orrery/cli';
import { eventually } from '@orrery/testing';
import { type Customer, type InferenceSystem, operatorKey, startWithCustomer } from './fixtures/inference-system.ts';

describe('orrery limits', () => {
  let system: InferenceSystem;
  let customer: Customer;
  let key: string;

  beforeAll(async () => {
    ({ system, customer, key } = await startWithCustomer());
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const run = async (...words: readonly string[]) => {
    const said = { out: '', err: '' };
    const code = await main({
      argv: ['limits', ...words],
      env: { ORRERY_URL: system.url, ORRERY_OPERATOR_KEY: operatorKey },
      input: Readable.from([]),
      out: { write: (piece) => (said.out += piece) },
      err: { write: (piece) => (said.err += piece) },
    });
    return { code, ...said };
  };
  const standing = async (header: string) => (await system.chat(key)).headers.get(header);

  it('are set, hold at once, and keep what is not named', async () => {
    expect(await run('get', customer.orgId)).toEqual({ code: 0, out: 'Nothing is bounded.\n', err: '' });
    expect(await run('set', customer.orgId, 'requestsPerMinute=1000')).toEqual({
      code: 0,
      out: 'org, set by the operator\n    requestsPerMinute: 1000\n',
      err: '',
    });
    await eventually(async () => expect(await standing('x-ratelimit-limit-requests')).toBe('1000'));
    const { out } = await run('set', customer.orgId, 'tokensPerMinute=900000', 'spendPerMonth=500000000000');
    expect(out).toBe(
      'org, set by the operator\n    requestsPerMinute: 1000\n    tokensPerMinute: 900000\n    spendPerMonth: 500000000000\n',
    );
    await eventually(async () => expect(await standing('x-ratelimit-limit-tokens')).toBe('900000'));
    expect(await standing('x-ratelimit-limit-requests')).toBe('1000');
  });

  it('are set for one model, shown with those of the organization itself, and taken away', async () => {
    const own = { thing: { of: 'org' }, limits: { concurrency: 50 } };
    expect((await customer.call('put', `/orgs/${customer.slug}/usage-limits`, own)).status).toBe(200);
    expect((await run('set', customer.orgId, '--model', 'acme/one', 'concurrency=5')).code).toBe(0);
    const { out } = await run('get', customer.orgId);
    expect(out).toContain('org, set by the organization\n    concurrency: 50\n');
    expect(out).toContain('model acme/one, set by the operator\n    concurrency: 5\n');
    expect((await run('set', customer.orgId, 'requestsPerMinute=none')).out).not.toContain('requestsPerMinute');
    for (const words of [[], ['--model', 'acme/one']])
      expect((await run('clear', customer.orgId, ...words)).out).toContain('nothing is bounded by the operator.\n');
    expect((await run('get', customer.orgId)).out).toBe('org, set by the organization\n    concurrency: 50\n');
  });

  it.each([
    [['set', 'acme', 'concurrency=5'], '"acme" is no id of an organization'],
    [['set', randomUUID(), 'speed=5'], '"speed=5" is no limit: write one of requestsPerMinute'],
    [['set', randomUUID(), 'concurrency=0'], 'concurrency '],
    [['set', randomUUID(), 'concurrency=many'], 'concurrency '],
    [['set', randomUUID(), 'spendPerDay=-1'], 'spendPerDay '],
    [['set', randomUUID(), '--user', 'ada', 'concurrency=5'], '--user wants an id'],
  ])('say what is wrong with %j', async (words, says) => {
    const { code, err } = await run(...words);
    expect([code, err]).toEqual([1, expect.stringContaining(says)]);
  });
});
