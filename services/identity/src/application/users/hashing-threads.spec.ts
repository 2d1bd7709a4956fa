import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { HashingThreads } from './hashing-threads.ts';

const cost = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

/** How many threads of this process there are of each niceness. */
const niceness = (): Readonly<Record<number, number>> => {
  const counts: Record<number, number> = {};
  for (const thread of readdirSync('/proc/self/task')) {
    // What is in parentheses is the name, which may hold anything; niceness is the seventeenth field after it.
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const nice = Number(fields[16]);
    counts[nice] = (counts[nice] ?? 0) + 1;
  }
  return counts;
};

describe('threads that hash', () => {
  let threads: HashingThreads;
  let faults: unknown[];
  beforeEach(() => {
    faults = [];
    threads = new HashingThreads(2, (error) => faults.push(error));
  });
  afterEach(() => threads.onApplicationShutdown());

  const hash = () => threads.run('hash', { password: 'correct horse battery', cost });

  it('are below all others of the process in priority, alone', async () => {
    const own = getPriority();
    await Promise.all([hash(), hash()]);
    const counts = niceness();
    expect(Object.keys(counts).map(Number)).toEqual([own, own + 10]);
    expect(counts[own + 10]).toBe(2);
    await threads.onApplicationShutdown();
    expect(niceness()).toEqual({ [own]: counts[own] });
  });

  it('fail with what they are at when they die, and are as many as before', async () => {
    const begun: Worker[] = [];
    const onThread = (message: unknown) => begun.push(Object(message).worker);
    subscribe('worker_threads', onThread);
    const mortal = new HashingThreads(2, (error) => faults.push(error));
    try {
      const long = { password: 'x', salt: 'salt', rounds: 100_000, keyBytes: 32 };
      const outcomes = Promise.allSettled([1, 2].map(() => mortal.run('derive', long)));
      await Promise.all(begun.map((thread) => thread.terminate()));
      expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await mortal.run('verify', { password: 'x', passwordHash: await mortal.run('hash', { password: 'x', cost }) })).toBe(true);
      expect([begun.length, faults]).toEqual([4, []]);
    } finally {
      unsubscribe('worker_threads', onThread);
      await mortal.onApplicationShutdown();
    }
  });

  it('outlive work that fails', async () => {
    await expect(threads.run('verify', { password: 'x', passwordHash: 'no hash' })).rejects.toThrow();
    await expect(hash()).resolves.toMatch(/^\$argon2id/);
  });

  it('finish what they are at before they end', async () => {
    const last = hash();
    await threads.onApplicationShutdown();
    await expect(last).resolves.toMatch(/^\$argon2id/);
  });
});
