import { pauseOf, persist, repeat } from './back-off.ts';
import { pause } from './pause.ts';

const backOff = { firstMs: 100, longestMs: 1_000 };

describe('A pause between tries', () => {
  it('doubles up to the longest, between half and all of it', () => {
    const shortest = [1, 2, 3, 4, 5, 50].map((attempt) => pauseOf(attempt, backOff, () => 0));
    const longest = [1, 2, 3, 4, 5, 50].map((attempt) => pauseOf(attempt, backOff, () => 1));
    expect(shortest).toEqual([50, 100, 200, 400, 500, 500]);
    expect(longest).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('ends when the signal says so', async () => {
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await paused;
    await pause(60_000, stop.signal);
  });
});

describe('Work that persists', () => {
  it('is done again after each failure, until the signal', async () => {
    const stop = new AbortController();
    const told: unknown[] = [];
    let tries = 0;
    await persist(
      async () => {
        tries += 1;
        if (tries === 4) stop.abort();
        if (tries < 4) throw new Error(`try ${tries}`);
      },
      { signal: stop.signal, backOff: { firstMs: 1, longestMs: 2 }, failed: (error) => told.push(error) },
    );
    expect(tries).toBe(4);
    expect(told).toEqual([new Error('try 1'), new Error('try 2'), new Error('try 3')]);
  });

  it('ends when it is done for good', async () => {
    let done = false;
    const finish = async (): Promise<void> => {
      done = true;
    };
    await persist(finish, { signal: new AbortController().signal, backOff, failed: () => {}, until: () => done });
    expect(done).toBe(true);
  });
});

describe('Work that is repeated', () => {
  it('comes again after a failure, until the signal', async () => {
    const stop = new AbortController();
    const told: unknown[] = [];
    let times = 0;
    await repeat(
      async () => {
        times += 1;
        if (times === 3) stop.abort();
        if (times === 1) throw new Error('once');
      },
      { everyMs: 1, signal: stop.signal, failed: (error) => told.push(error) },
    );
    expect(times).toBe(3);
    expect(told).toEqual([new Error('once')]);
  });

  it('ends where the failure is not borne', async () => {
    const fails = async (): Promise<void> => {
      throw new Error('too much');
    };
    await expect(repeat(fails, { everyMs: 1, signal: new AbortController().signal })).rejects.toThrow('too much');
  });
});
