import { cpuTimeOf, MachineMeter } from './machine.ts';

describe('The meter of a machine', () => {
  it('counts as busy all that is neither idle nor waiting for a disk', () => {
    expect(cpuTimeOf('cpu  100 10 50 800 40 5 5 2 9 9\ncpu0 1 1 1 1\n')).toEqual({ busy: 172, all: 1_012 });
  });

  it('reads the machine it runs on', () => {
    const { memoryTotalBytes, memoryUsedBytes } = new MachineMeter().read();
    expect(memoryTotalBytes).toBeGreaterThan(memoryUsedBytes);
    expect(memoryUsedBytes).toBeGreaterThan(0);
  });
});
