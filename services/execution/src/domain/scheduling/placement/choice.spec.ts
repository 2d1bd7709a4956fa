import { gpusFor } from './choice.ts';
import { Fleet } from './fleet.ts';

describe('The GPUs that a need gets of a machine', () => {
  it('are no more than it has free', () => {
    const fleet = new Fleet();
    const place = fleet.add({ id: 'one', cpuMilli: 8_000, memoryMib: 8_192, gpuModels: ['a100', 'a100', 'a100'] });
    const need = { cpuMilli: 1_000, memoryMib: 1_024, gpus: 2, gpuMilli: 1_000, models: null };
    expect(gpusFor(place, fleet.needOf(need), 0)).toEqual([0, 1]);
    fleet.take(place, need, [0, 1]);
    expect(gpusFor(place, fleet.needOf(need), 0)).toEqual([2]);
  });
});
