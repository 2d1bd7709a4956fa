import { HashingThreads, type Work } from './hashing-threads.ts';
import { type PasswordLimits, Passwords } from './passwords.ts';

interface Span {
  readonly began: number;
  readonly ended: number;
}

/** Notes when it is at work. */
class TimedThreads extends HashingThreads {
  readonly spans: Span[] = [];

  override async run<N extends keyof Work>(name: N, wish: Work[N]['wish']): Promise<Work[N]['result']> {
    const began = performance.now();
    const result = await super.run(name, wish);
    this.spans.push({ began, ended: performance.now() });
    return result;
  }
}

const asker = (ip: string, ms = 20_000) => ({ origin: { ip }, deadlineAt: Date.now() + ms });
const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, 'rejection')?.code : undefined;

describe('passwords', () => {
  const opened: HashingThreads[] = [];
  afterEach(async () => {
    for (const threads of opened.splice(0)) await threads.onApplicationShutdown();
  });
  const passwordsOf = (limits: PasswordLimits): Passwords => {
    const threads = new HashingThreads(limits.atOnce, () => undefined);
    opened.push(threads);
    return new Passwords(threads, limits);
  };

  it('are told apart, and nobody has none', async () => {
    const passwords = passwordsOf({ atOnce: 2, waiting: 10 });
    const hash = await passwords.hash('correct horse battery', asker('192.0.2.1'));
    await expect(passwords.isCorrect('correct horse battery', hash, asker('192.0.2.1'))).resolves.toBe(true);
    await expect(passwords.isCorrect('wrong', hash, asker('192.0.2.1'))).resolves.toBe(false);
    await expect(passwords.isCorrect('nobody has this password', undefined, asker('192.0.2.1'))).resolves.toBe(false);
  });

  it('of one place do not keep those of others waiting', async () => {
    const passwords = passwordsOf({ atOnce: 1, waiting: 100 });
    const order: string[] = [];
    const hash = (name: string, ip: string) => passwords.hash('x', asker(ip)).then(() => order.push(name));
    const flood = Array.from({ length: 12 }, (_, n) => hash(`flood ${n}`, '192.0.2.1'));
    const others = [hash('ada', '192.0.2.2'), hash('bob', '2001:db8::1'), hash('bob again', '2001:db8::2')];
    await Promise.all([...flood, ...others]);
    expect(order.indexOf('ada')).toBeLessThan(4);
    expect(order.indexOf('bob')).toBeLessThan(4);
    expect(order.indexOf('bob again')).toBeLessThan(7);
  });

  it('are refused at once where too many wait, first of all to whoever brings the most', async () => {
    const passwords = passwordsOf({ atOnce: 1, waiting: 3 });
    const outcomes: Record<string, unknown> = {};
    const hash = (name: string, ip: string) =>
      passwords.hash('x', asker(ip)).then(
        () => (outcomes[name] = 'hashed'),
        (error: unknown) => (outcomes[name] = codeOf(error)),
      );
    const all = [...[0, 1, 2, 3, 4].map((n) => hash(`flood ${n}`, '192.0.2.1')), hash('ada', '192.0.2.2')];
    await Promise.resolve();
    await Promise.all(all);
    expect(outcomes).toEqual({
      'flood 0': 'hashed',
      'flood 1': 'hashed',
      'flood 2': 'hashed',
      'flood 3': 'TooManyHashes',
      'flood 4': 'TooManyHashes',
      ada: 'hashed',
    });
  });

  it('leave a place alone for as long as the one before took', async () => {
    const threads = new TimedThreads(1, () => undefined);
    opened.push(threads);
    const passwords = new Passwords(threads, { atOnce: 1, waiting: 10 });
    await passwords.isCorrect('nobody has this password', undefined, asker('192.0.2.1'));
    await Promise.all(Array.from({ length: 4 }, () => passwords.hash('x', asker('192.0.2.1'))));
    // The first is what unknown people are compared with, which nobody waited for.
    const [, ...spans] = threads.spans;
    const rests = spans.slice(1).map(({ began }, index) => began - (spans[index]?.ended ?? 0));
    const works = spans.slice(0, -1).map(({ began, ended }) => ended - began);
    expect(rests).toHaveLength(4);
    // Timers count whole milliseconds.
    for (const [index, rest] of rests.entries()) expect(rest + 2).toBeGreaterThan(works[index] ?? Number.NaN);
  });

  it('are to be brought again one after the other by those who were sent away', async () => {
    const passwords = passwordsOf({ atOnce: 1, waiting: 1 });
    const waitOf = (error: unknown): unknown => Reflect.get(Object(error), 'rejection')?.details.retryAfterMs;
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => passwords.hash('x', asker('192.0.2.1')).catch(waitOf)));
    const waits = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(waits).toHaveLength(10);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(new Set(waits).size).toBe(10);
    expect(waits[0]).toBe(1_000);
  });

  it('are not hashed when nobody waits for the answer any more', async () => {
    const passwords = passwordsOf({ atOnce: 1, waiting: 1_000 });
    const busy = Array.from({ length: 20 }, () => passwords.hash('x', asker('192.0.2.1')));
    const before = performance.now();
    await expect(passwords.hash('x', asker('192.0.2.1', 1_510)).catch(codeOf)).resolves.toBe('TooManyHashes');
    expect(performance.now() - before).toBeLessThan(1_500);
    await Promise.all(busy);
    // The place of whoever went is free: nothing is lost.
    await expect(passwords.hash('x', asker('192.0.2.1'))).resolves.toMatch(/^\$argon2id/);
  });
});
