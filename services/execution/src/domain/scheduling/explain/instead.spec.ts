import type { Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import { variantsOf } from './instead.ts';

const need: Need = { cpuMilli: 1_000, memoryMib: 1_024, gpus: 0, gpuMilli: 0, models: null };
const request = (asked: Partial<Need>): Request => ({
  id: 'r',
  queue: 'o',
  ask: { nodes: 1, choices: [{ ...need, ...asked }] },
  rank: 0,
  isPreemptible: true,
  limitMs: 60_000,
  deadlineAt: null,
  submittedAt: 0,
});
const offer = (name: string, pool?: string) => ({ name, need: { ...need, ...(pool === undefined ? {} : { pool }) } });
const inputs = (asked: Partial<Need>, ...offers: ReturnType<typeof offer>[]) =>
  variantsOf(request(asked), offers).map(({ alternative: { input } }) => input);

describe('What could be asked for instead of a pool', () => {
  it('is none, where it was a wish', () => {
    expect(inputs({ pool: 'batch' })).toEqual([{ pool: null }]);
  });

  it('is another machine type, where the machine type says so: nobody can wish that away', () => {
    expect(inputs({ pool: 'batch', isPoolOfType: true }, offer('free'), offer('elsewhere', 'quiet'))).toEqual([
      { machineType: 'elsewhere' },
      { machineType: 'free' },
    ]);
    const [other] = variantsOf(request({ pool: 'batch', isPoolOfType: true }), [offer('free')]);
    expect(other?.request.ask.choices[0]).not.toHaveProperty('pool');
  });

  it('is no machine type of a pool other than the one that was named', () => {
    expect(inputs({ pool: 'batch' }, offer('elsewhere', 'quiet'), offer('there', 'batch'))).toEqual([
      { pool: null },
      { machineType: 'there' },
    ]);
  });
});
