import fc from 'fast-check';
import { Fleet } from './fleet.ts';
import { Mix } from './mix.ts';
import { demandKeyOf, type Need } from './need.ts';
import type { Place } from './place.ts';
import { fragmentsOf, wasteOf } from './waste.ts';

const models = ['A', 'B', 'C'];

const need = fc
  .record({
    cpuMilli: fc.integer({ min: 0, max: 20 }),
    memoryMib: fc.constant(0),
    gpus: fc.integer({ min: 0, max: 4 }),
    share: fc.integer({ min: 1, max: 1_000 }),
    models: fc.option(fc.subarray(models, { minLength: 1 }), { nil: null }),
  })
  .map(({ share, ...rest }): Need => ({ ...rest, gpuMilli: rest.gpus === 1 ? share : rest.gpus > 1 ? 1_000 : 0 }));

const left = fc.record({
  model: fc.constantFrom(...models),
  cpuMilli: fc.integer({ min: 0, max: 20 }),
  gpus: fc.array(fc.oneof(fc.constant(1_000), fc.constant(0), fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 5 }),
});

const note = (mix: Mix, fleet: Fleet, asked: Need): void => mix.note(fleet.needOf(asked), demandKeyOf(asked));

const placeOf = (fleet: Fleet, { model, cpuMilli, gpus }: typeof left extends fc.Arbitrary<infer T> ? T : never): Place => {
  const place = fleet.add({ id: 'one', cpuMilli, memoryMib: 0, gpuModels: gpus.map(() => model) });
  for (const [index, milli] of gpus.entries()) place.free.gpus[index] = milli;
  return place;
};

/** The definition, word for word: what of the free GPUs a request could not use. */
const unusable = (place: Place, model: string, { cpuMilli, gpus, gpuMilli, models: some }: Need): number => {
  const free = [...place.free.gpus];
  const total = free.reduce((sum, milli) => sum + milli, 0);
  const usable = free.filter((milli) => (some === null || some.includes(model)) && milli >= gpuMilli);
  const isServed = cpuMilli <= place.free.cpuMilli && usable.length >= gpus;
  return isServed ? total - usable.reduce((sum, milli) => sum + milli, 0) : total;
};

describe('The fragments of a machine', () => {
  it('are what the next request for GPUs could not use, on average', () => {
    fc.assert(
      fc.property(fc.array(need, { minLength: 1, maxLength: 30 }), left, (arrivals, free) => {
        const fleet = new Fleet();
        const place = placeOf(fleet, free);
        const mix = new Mix();
        for (const each of arrivals) note(mix, fleet, each);
        let expected = 0;
        for (const each of mix.forecast.demands) expected += each.probability * unusable(place, free.model, each.asked);
        expect(fragmentsOf(place, mix.forecast)).toBeCloseTo(expected, 6);
        // The same by the way that machines with several models take.
        expect(fragmentsOf({ ...place, onlyKind: null }, mix.forecast)).toBeCloseTo(expected, 6);
      }),
    );
  });

  it('are nothing of a machine that has nothing left', () => {
    const fleet = new Fleet();
    const mix = new Mix();
    note(mix, fleet, { cpuMilli: 1, memoryMib: 0, gpus: 1, gpuMilli: 1_000, models: null });
    const place = fleet.add({ id: 'one', cpuMilli: 1, memoryMib: 1, gpuModels: [] });
    expect([fragmentsOf(place, mix.forecast), wasteOf(place, mix.forecast)]).toEqual([0, 0]);
  });
});

describe('The waste of a machine', () => {
  it('counts GPUs for which CPU will be missing, though the next request still fits', () => {
    const fleet = new Fleet();
    const mix = new Mix();
    const gpuModels = ['A', 'A', 'A', 'A'];
    const fed = fleet.add({ id: 'fed', cpuMilli: 40_000, memoryMib: 0, gpuModels });
    const short = fleet.add({ id: 'short', cpuMilli: 10_000, memoryMib: 0, gpuModels });
    for (let arrival = 0; arrival < 4; arrival += 1) {
      note(mix, fleet, { cpuMilli: 10_000, memoryMib: 0, gpus: 1, gpuMilli: 1_000, models: null });
    }
    expect(wasteOf(fed, mix.forecast)).toBeCloseTo(0, 6);
    expect(fragmentsOf(short, mix.forecast)).toBeCloseTo(0, 6);
    expect(wasteOf(short, mix.forecast)).toBeCloseTo(3_000, 6);
  });
});
