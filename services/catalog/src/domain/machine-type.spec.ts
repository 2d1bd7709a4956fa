import { specify } from '@orrery/testing';
import { type Command, MachineType } from './machine-type.ts';

const at = '2026-01-01T00:00:00.000Z';
const offer = { name: 'cpu', description: 'one core', resources: { cpuMilli: 1_000, memoryMib: 512, gpus: 0 } };
const publish: Command = { type: 'Publish', ...offer, at };
const published = { type: 'MachineTypePublished', data: { ...offer, at } } as const;
const retired = { type: 'MachineTypeRetired', data: { name: 'cpu', at } } as const;

const { given } = specify(MachineType);

describe('a machine type', () => {
  it('is published', () => {
    given().when(publish).thenEvents(published);
  });

  it('does not repeat what is already offered', () => {
    given(published).when(publish).thenNothing();
  });

  it('changes what it gives', () => {
    const bigger = { ...offer, resources: { ...offer.resources, gpus: 1, gpuModel: 'a100' } };
    given(published)
      .when({ type: 'Publish', ...bigger, at })
      .thenEvents({ type: 'MachineTypePublished', data: { ...bigger, at } });
  });

  it.each<[string, object]>([
    ['gpuMilli', { gpuMilli: 500 }],
    ['mig', { mig: '1g.10gb' }],
    ['gpuModels', { gpuModels: ['a100', 'h100'] }],
    ['minGpuMemoryMib', { minGpuMemoryMib: 40_000 }],
  ])('changes %s alone', (_, change) => {
    const resources = { ...offer.resources, gpus: 1 };
    const before = { type: 'MachineTypePublished', data: { ...offer, resources, at } } as const;
    const changed = { ...offer, resources: { ...resources, ...change } };
    given(before)
      .when({ type: 'Publish', ...changed, at })
      .thenEvents({ type: 'MachineTypePublished', data: { ...changed, at } });
  });

  it('is retired once, and can be offered again', () => {
    given(published).when({ type: 'Retire', at }).thenEvents(retired);
    given(published, retired).when({ type: 'Retire', at }).thenNothing();
    given(published, retired).when(publish).thenEvents(published);
  });

  it('cannot be retired before it was offered', () => {
    given().when({ type: 'Retire', at }).thenRejected('MachineTypeNotFound', {});
  });
});
