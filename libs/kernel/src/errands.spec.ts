import { Errands, type Step } from './errands.ts';

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
/** So long that only news can end it. */
const forEver = { firstMs: 600_000, longestMs: 600_000 };
const atOnce = { firstMs: 1, longestMs: 1 };

describe('Errands', () => {
  const steps: string[] = [];
  const told: unknown[] = [];
  let errands: Errands | undefined;
  const run = (answers: (key: string) => Step | Promise<Step>, { backOff = forEver, width = 10 } = {}): Errands => {
    const step = async (key: string): Promise<Step> => {
      steps.push(key);
      return await answers(key);
    };
    errands = new Errands({ step, failed: (error) => told.push(error), backOff, width });
    return errands;
  };

  afterEach(async () => {
    await errands?.stop();
    steps.length = 0;
    told.length = 0;
  });

  it('go on for a key until nothing is due', async () => {
    run(() => (steps.length < 3 ? 'more' : 'done')).attend('a');
    await turns();
    expect(steps).toEqual(['a', 'a', 'a']);
  });

  it('are tried again after a failure, which is told', async () => {
    const fail = (): Step => {
      if (steps.length < 3) throw new Error('away');
      return 'done';
    };
    const all = run(fail, { backOff: atOnce });
    all.attend('a');
    while (steps.length < 3) await turns(1);
    expect(told).toEqual([new Error('away'), new Error('away')]);
  });

  it('do not let news wait for the pause of what failed, nor those who are told to hurry', async () => {
    const all = run(() => 'again');
    all.attend('a');
    await turns();
    expect(steps).toHaveLength(1);
    all.attend('a');
    await turns();
    expect(steps).toHaveLength(2);
    all.hurry();
    await turns();
    expect(steps).toHaveLength(3);
  });

  it('lose nothing that becomes due while the last step is done', async () => {
    const ends: ((step: Step) => void)[] = [];
    const all = run(() => new Promise<Step>((resolve) => ends.push(resolve)));
    all.attend('a');
    await turns();
    all.attend('a');
    ends[0]?.('done');
    await turns();
    expect(steps).toHaveLength(2);
    ends[1]?.('done');
    await turns();
    all.attend('a');
    await turns();
    expect(steps).toHaveLength(3);
    ends[2]?.('done');
  });

  it('begin nothing after they were stopped, which waits for what is under way', async () => {
    const ends: ((step: Step) => void)[] = [];
    const all = run(() => new Promise<Step>((resolve) => ends.push(resolve)), { width: 1 });
    all.attend('a');
    all.attend('b');
    await turns();
    let isStopped = false;
    const stopped = all.stop().then(() => {
      isStopped = true;
    });
    await turns();
    expect(isStopped).toBe(false);
    ends[0]?.('more');
    await stopped;
    all.attend('c');
    await turns();
    expect(steps).toEqual(['a']);
  });
});
