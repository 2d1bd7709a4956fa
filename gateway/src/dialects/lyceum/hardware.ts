import { catalog, decimalOf, execution, type OutputOf, parseNanos } from '@orrery/contracts';
import { Failed, refusal } from '../../failure.ts';
import type { To } from '../row.ts';
import { creditsText, Decimal, perHour, type Writable } from './json.ts';
import { row } from './row.ts';

type Offer = OutputOf<typeof catalog.ListMachineTypes>['items'][number];

export const machineType = ({ name, nanosPerSecond }: Offer): Writable => ({
  hardware_profile: name,
  price_per_hour: nanosPerSecond === null ? null : new Decimal(perHour(nanosPerSecond)),
});

const inferenceMeters: Readonly<Record<catalog.ModelMeter, string>> = {
  'tokens.input': 'serverless_inference_prompt_tokens',
  'tokens.cached-input': 'serverless_inference_cached_prompt_tokens',
  'tokens.output': 'serverless_inference_completion_tokens',
  'model.seconds': 'serverless_inference_seconds',
  'model.requests': 'serverless_inference_requests',
};

/** Of one token, which may cost a millionth of a nano-unit. */
const singleDigits = 15;
const perSingle = ({ nanosPerUnit, unit }: catalog.ModelPrice): string =>
  decimalOf((parseNanos(nanosPerUnit) * 1_000_000n) / catalog.unitSizes[unit], singleDigits);

const modelPrice = (price: catalog.ModelPrice): Writable => ({
  meter_slug: inferenceMeters[price.meter],
  resource: price.resource,
  applies_to: { deployment_id: `serverless:${price.resource}`, ...(price.provider === undefined ? {} : { provider: price.provider }) },
  unit: price.unit === 'second' || price.unit === 'request' ? price.unit : 'token',
  unit_price: perSingle(price),
  ...(price.unit === 'second' ? { unit_price_per_hour: perHour(price.nanosPerUnit) } : {}),
});

export const price = (each: catalog.Price): Writable => {
  if (each.meter !== 'run.seconds') return modelPrice(each);
  const { meter, resource, unit, nanosPerUnit } = each;
  return {
    meter_slug: meter.replaceAll('.', '_'),
    resource,
    applies_to: { hardware_profile: resource },
    unit,
    unit_price: creditsText(nanosPerUnit),
    unit_price_per_hour: perHour(nanosPerUnit),
  };
};

const offered = async (to: To<typeof catalog.ListMachineTypes>): Promise<readonly Offer[]> =>
  (await to.ask(catalog.ListMachineTypes, { limit: 500 })).items.filter(({ isOffered }) => isOffered);

export const hardware = [
  row({
    method: 'GET',
    path: '/machine-types',
    operations: [catalog.ListMachineTypes],
    answer: async (to) => {
      const types = await offered(to);
      return { machine_types: types.map(machineType), count: types.length };
    },
  }),
  row({
    method: 'GET',
    path: '/pricing',
    operations: [catalog.GetPriceBook],
    answer: async (to) => {
      const book = await to.outcome(catalog.GetPriceBook, {});
      if (book.accepted) return { prices: book.value.prices.map(price) };
      // Before the first price book there are no prices, which is a fair answer.
      if (book.rejection.code === 'NoPriceBook') return { prices: [] };
      throw new Failed(refusal(catalog.GetPriceBook, book.rejection));
    },
  }),
  row({
    method: 'GET',
    path: '/user/quotas',
    operations: [catalog.ListMachineTypes],
    answer: async (to) => ({
      quotas: Object.fromEntries(
        (await to.ask(catalog.ListMachineTypes, { limit: 500 })).items.map(({ name, isOffered }) => [name, isOffered]),
      ),
    }),
  }),
  row({
    method: 'GET',
    path: '/user/quotas/available-hardware',
    operations: [execution.ListAvailableMachineTypes],
    answer: async (to) => {
      const { items } = await to.ask(execution.ListAvailableMachineTypes, {});
      return { available_hardware_profiles: items.map(({ name }) => name) };
    },
  }),
];
