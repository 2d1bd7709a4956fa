import fc from 'fast-check';
import { type Attempted, afterFailure, type Failure, type RetryPolicy, retryAfterOf } from './retry.ts';

const policy: RetryPolicy = { attempts: 3, firstPauseMs: 100, longestPauseMs: 2_000 };
const attempted = (more: Partial<Attempted> = {}): Attempted => ({
  failure: { kind: 'connect' },
  attempts: 1,
  hasAnswered: false,
  isElsewhere: false,
  hasFallback: false,
  now: 0,
  deadline: 10_000,
  random: 0.5,
  ...more,
});
const status = (code: number, retryAfterMs?: number): Failure => ({ kind: 'status', status: code, retryAfterMs });

describe('After an attempt that failed', () => {
  it.each([408, 429, 500, 502, 503, 504, 529])('with %d another is made', (code) =>
    expect(afterFailure(attempted({ failure: status(code) }), policy).kind).toBe('retry'),
  );

  it.each([400, 401, 403, 404, 413, 422, 501])('with %d none is', (code) =>
    expect(afterFailure(attempted({ failure: status(code), hasFallback: true }), policy)).toEqual({ kind: 'give-up' }),
  );

  it('none is made once something was passed on', () => {
    expect(afterFailure(attempted({ hasAnswered: true, isElsewhere: true, hasFallback: true }), policy)).toEqual({ kind: 'give-up' });
  });

  it('waits longer each time, by chance', () => {
    expect(afterFailure(attempted({ attempts: 1 }), policy)).toEqual({ kind: 'retry', inMs: 50 });
    expect(afterFailure(attempted({ attempts: 2 }), policy)).toEqual({ kind: 'retry', inMs: 100 });
    expect(afterFailure(attempted({ attempts: 2, random: 0.25 }), policy)).toEqual({ kind: 'retry', inMs: 50 });
  });

  it('asks another target at once, and the same one not before it wants', () => {
    const busy = { failure: status(429, 700) };
    expect(afterFailure(attempted({ ...busy, isElsewhere: true }), policy)).toEqual({ kind: 'retry', inMs: 0 });
    expect(afterFailure(attempted(busy), policy)).toEqual({ kind: 'retry', inMs: 700 });
  });

  it('does not wait for one that wants to be left alone for long, but falls back', () => {
    expect(afterFailure(attempted({ failure: status(503, 60_000) }), policy)).toEqual({ kind: 'give-up' });
    expect(afterFailure(attempted({ failure: status(503, 60_000), hasFallback: true }), policy)).toEqual({ kind: 'fall-back' });
  });

  it('falls back when all attempts are used', () => {
    expect(afterFailure(attempted({ attempts: 3, hasFallback: true }), policy)).toEqual({ kind: 'fall-back' });
  });

  const failures: fc.Arbitrary<Failure> = fc.oneof(
    fc.constantFrom<Failure>({ kind: 'connect' }, { kind: 'reset' }, { kind: 'first-byte-timed-out' }),
    fc.record({
      kind: fc.constant('status' as const),
      status: fc.integer({ min: 400, max: 599 }),
      retryAfterMs: fc.option(fc.nat({ max: 100_000 }), { nil: undefined }),
    }),
  );
  const any = fc.record({
    failure: failures,
    attempts: fc.integer({ min: 1, max: 5 }),
    hasAnswered: fc.boolean(),
    isElsewhere: fc.boolean(),
    hasFallback: fc.boolean(),
    now: fc.nat({ max: 20_000 }),
    deadline: fc.nat({ max: 20_000 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  it('nothing begins after the deadline, or before the target wants it, or more often than allowed, or once it was answered', () => {
    fc.assert(
      fc.property(any, (story) => {
        const next = afterFailure(story, policy);
        if (next.kind === 'give-up') return;
        expect(story.hasAnswered).toBe(false);
        expect(story.now).toBeLessThan(story.deadline);
        if (next.kind === 'fall-back') return expect(story.hasFallback).toBe(true);
        expect(story.attempts).toBeLessThan(policy.attempts);
        expect(story.now + next.inMs).toBeLessThan(story.deadline);
        const wanted = story.failure.kind === 'status' && !story.isElsewhere ? (story.failure.retryAfterMs ?? 0) : 0;
        expect(next.inMs).toBeGreaterThanOrEqual(wanted);
        expect(next.inMs).toBeLessThanOrEqual(policy.longestPauseMs);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('Retry-After is read as seconds, as a date, and to the millisecond where it is told', () => {
  const now = Date.UTC(2026, 0, 1);
  expect(retryAfterOf({ 'retry-after': '3' }, now)).toBe(3_000);
  expect(retryAfterOf({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, now)).toBe(5_000);
  expect(retryAfterOf({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, now)).toBe(0);
  expect(retryAfterOf({ 'retry-after': '3', 'retry-after-ms': '250' }, now)).toBe(250);
  for (const odd of ['', 'soon', '-1', undefined, ['1', '2']]) expect(retryAfterOf({ 'retry-after': odd }, now)).toBeUndefined();
});
