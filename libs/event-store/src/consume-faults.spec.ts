import pg from 'pg';
import { MalformedEvent } from './cloud-event.ts';
import { defaultPatience, type Fate, isDatabaseAway, judge, passes } from './consume-faults.ts';

const sqlError = (code: string): Error => Object.assign(new pg.DatabaseError('said', 4, 'error'), { code });
const networkError = (code: string): Error => Object.assign(new Error(code), { code });
const named = (name: string, options?: ErrorOptions): Error => Object.assign(new Error(name, options), { name });

describe('A fault', () => {
  it.each([
    ['a refused connection', networkError('ECONNREFUSED')],
    ['a server that shuts down', sqlError('57P01')],
    ['too many connections', sqlError('53300')],
    ['a deadlock', sqlError('40P01')],
    ['a connection that fell', new Error('Connection terminated unexpectedly')],
    ['a service that is down', named('ServiceUnavailable')],
    ['a service that does not answer', named('DeadlineExceeded')],
    ['a fault whose cause passes', new Error('could not', { cause: networkError('ECONNRESET') })],
  ])('passes by itself when it is %s', (_name, error) => {
    expect(passes(error)).toBe(true);
  });

  it.each([
    ['a broken rule of a table', sqlError('23505')],
    ['a missing table', sqlError('42P01')],
    ['a statement that takes too long', sqlError('57014')],
    ['a bug', new TypeError('undefined is not a function')],
    ['no error at all', 'thrown text'],
  ])("is the event's own when it is %s", (_name, error) => {
    expect(passes(error)).toBe(false);
  });

  it('of the database is told from one of another service', () => {
    expect(isDatabaseAway(networkError('ECONNREFUSED'))).toBe(true);
    expect(isDatabaseAway(named('ServiceUnavailable'))).toBe(false);
    expect(isDatabaseAway(sqlError('40001'))).toBe(false);
  });
});

describe('The judgement of a failed event', () => {
  const fresh = (): Fate => ({ failures: 0, absences: 0, awaySince: 0 });

  it('gives it time, ever more of it, and then gives it up', () => {
    const fate = fresh();
    const verdicts = Array.from({ length: defaultPatience.attempts }, () => judge(new Error('no'), fate, defaultPatience, 0));
    const pauses = verdicts.flatMap((verdict) => (verdict.give === 'time' ? [verdict.pauseMs] : []));
    expect(pauses).toHaveLength(defaultPatience.attempts - 1);
    expect(pauses[0]).toBeLessThanOrEqual(defaultPatience.backOff.firstMs);
    expect(pauses.at(-1)).toBeGreaterThan((pauses[0] ?? 0) * 4);
    expect(verdicts.at(-1)).toEqual({ give: 'up', reason: `it failed ${defaultPatience.attempts} times` });
  });

  it('gives up at once what can never be read', () => {
    expect(judge(new MalformedEvent('no JSON'), fresh(), defaultPatience, 0)).toEqual({ give: 'up', reason: 'the event cannot be read' });
  });

  it('does not hold the absence of others against it, for as long as that is bearable', () => {
    const fate = fresh();
    for (let tries = 0; tries < 1_000; tries += 1)
      expect(judge(networkError('ECONNREFUSED'), fate, defaultPatience, tries * 1_000).give).toBe('time');
    expect(fate.failures).toBe(0);
    judge(networkError('ECONNREFUSED'), fate, defaultPatience, defaultPatience.awayMs + 1);
    expect(fate.failures).toBe(1);
  });

  it('counts an absence anew when something else came between', () => {
    const fate = fresh();
    judge(networkError('ECONNREFUSED'), fate, defaultPatience, 0);
    judge(new Error('own fault'), fate, defaultPatience, 1_000);
    judge(networkError('ECONNREFUSED'), fate, defaultPatience, defaultPatience.awayMs + 500);
    expect(fate.failures).toBe(1);
  });
});
