import { CopyNames } from './copies.ts';
import { chanceOf, drawn } from './draw.ts';
import { readPods, readTimedPods } from './openb.ts';
import { jobsOf } from './workload.ts';

const list =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time\na,1,1,1,1000,1,2\na#1,1,1,1,1000,1,2\na#1#1,1,1,1,1000,1,2\n';

describe('names of copies', () => {
  it('are numbers after the name', () => {
    const names = new CopyNames(['a', 'b']);
    expect(['a', 'b', 'a', 'a', 'b'].map((name) => names.next(name))).toEqual(['a', 'b', 'a#1', 'a#2', 'b#1']);
  });

  it('are none that the list has itself', () => {
    const names = new CopyNames(['a', 'a#1']);
    expect(['a', 'a', 'a#1', 'a#1', 'a'].map((name) => names.next(name))).toEqual(['a', 'a#2', 'a#1', 'a#1#1', 'a#3']);
  });

  it('tell all arrivals apart, drawn and timed', () => {
    const arrivals = drawn(readPods(list, 'p.csv'), 9, 1, chanceOf(1)).map(({ name }) => name);
    const dealing = { orgs: null, limitFactor: 2, speed: 1, inflate: 3 };
    const jobs = jobsOf(readTimedPods(list, 'p.csv'), dealing, chanceOf(1)).map(({ id }) => id);
    expect([new Set(arrivals).size, new Set(jobs).size]).toEqual([arrivals.length, 9]);
    expect(arrivals.length).toBe(9);
  });
});
