import { catalog, formatNanos } from '@orrery/contracts';
import { json, sample } from '../../../test/fixtures/lyceum-samples.ts';
import { price } from './hardware.ts';
import { model } from './models.ts';

const name = 'orrery/tiny-chat';
const tokens = (unit: string, nanos: bigint, meter = 'tokens.input') =>
  catalog.ModelPrice.parse({ meter, resource: name, unit, nanosPerUnit: formatNanos(nanos) });
const view = (prices: readonly catalog.ModelPrice[] | null): catalog.ModelView => ({
  ...sample(catalog.GetModel),
  capabilities: ['chat'],
  pricing: prices && { currency: 'EUR', version: 1, prices: [...prices] },
});

describe('A model as Lyceum clients see it', () => {
  it.each([
    ['of a million', [tokens('million-tokens', 150_000_000n)], 0.00015],
    ['finer than a nano-unit', [tokens('million-tokens', 1n)], 1e-12],
    ['of a thousand', [tokens('thousand-tokens', 2_500_000n)], 0.0025],
    ['of one', [tokens('token', 30_000n)], 0.03],
    ['of tokens that are written, not read', [tokens('token', 30_000n, 'tokens.output')], 0],
    ['of nothing', null, 0],
  ])('costs for a thousand tokens what is said %s', (_, prices, expected) => {
    expect(json(model(view(prices)))).toMatchObject({ price_per_1k_tokens: expected, supports_sync: true, supports_async: false });
  });

  it('has its prices among all others, of one token each', () => {
    expect(json(price(tokens('million-tokens', 150_000_001n)))).toEqual({
      meter_slug: 'serverless_inference_prompt_tokens',
      resource: name,
      applies_to: { deployment_id: `serverless:${name}` },
      unit: 'token',
      unit_price: '0.000000150000001',
    });
    const seconds = catalog.Price.parse({
      meter: 'model.seconds',
      resource: name,
      unit: 'second',
      nanosPerUnit: '100000',
      provider: 'acme',
    });
    expect(json(price(seconds))).toMatchObject({
      meter_slug: 'serverless_inference_seconds',
      applies_to: { provider: 'acme' },
      unit_price: '0.0001',
      unit_price_per_hour: '0.36',
    });
  });
});
