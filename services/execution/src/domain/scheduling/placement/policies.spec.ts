import { Fleet } from './fleet.ts';
import type { Need } from './need.ts';
import { Placer } from './placer.ts';
import { type PolicyName, policyOf } from './policies.ts';

const size = (id: string, gpus: number) => ({
  id,
  cpuMilli: 8_000,
  memoryMib: 16_384,
  gpuModels: Array.from({ length: gpus }, () => 'A100'),
});
const oneGpu: Need = { cpuMilli: 1_000, memoryMib: 1_024, gpus: 1, gpuMilli: 1_000, models: null };
const half: Need = { ...oneGpu, gpuMilli: 500 };

const given = (policy: PolicyName, ...gpus: readonly number[]) => {
  const fleet = new Fleet();
  gpus.forEach((count, index) => {
    fleet.add(size(`m${index}`, count));
  });
  const placer = new Placer(
    fleet,
    policyOf(policy, () => 0.5),
  );
  const put = (need: Need): string | null => {
    placer.note(need);
    const found = placer.find(need);
    if (found) fleet.take(found.place, need, found.gpus);
    return found && `${found.place.id}:${found.gpus.join()}`;
  };
  return { fleet, put };
};

describe('The policies', () => {
  it('best-fit takes the machine on which the least is left', () => {
    expect(given('best-fit', 4, 2).put(oneGpu)).toBe('m1:0');
  });

  it('pack fills a machine before it begins another', () => {
    const { put } = given('pack', 2, 2);
    expect([put(oneGpu), put(oneGpu), put(oneGpu)]).toEqual(['m0:0', 'm0:1', 'm1:0']);
  });

  it('spread takes the machine with the most left', () => {
    const { put } = given('spread', 2, 2);
    expect([put(oneGpu), put(oneGpu), put(oneGpu)]).toEqual(['m0:0', 'm1:0', 'm0:1']);
  });

  it('fgd shares a GPU that is shared already, and keeps whole ones whole', () => {
    const { put } = given('fgd', 2);
    put(oneGpu);
    const { put: shared } = given('fgd', 2, 2);
    for (const need of [oneGpu, half, oneGpu]) shared(need);
    expect(shared(half)).toBe('m0:1');
  });

  it('fgd puts what needs no GPU where it takes none away', () => {
    const { put } = given('fgd', 2, 0);
    put(oneGpu);
    expect(put({ ...oneGpu, gpus: 0, gpuMilli: 0, cpuMilli: 4_000 })).toBe('m1:');
  });

  it('a request for models that are not there finds nothing', () => {
    expect(given('fgd', 2).put({ ...oneGpu, models: ['h100'] })).toBeNull();
    expect(given('fgd', 2).put({ ...oneGpu, models: ['a100'] })).toBe('m0:0');
  });
});
