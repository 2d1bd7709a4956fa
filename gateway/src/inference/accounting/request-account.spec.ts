import { formatNanos, type inference } from '@orrery/contracts';
import fc from 'fast-check';
import type { Usage } from '../wire/usage.ts';
import { type Count, type Ending, outcomes, type Phase, rowOf } from './outcomes.ts';
import { costOf, type Prices } from './prices.ts';
import { type Account, type AccountEvent, openAccount, type Settlement, told } from './request-account.ts';

const pricesOf = (input: bigint, output: bigint, cached: bigint, request: bigint): Prices => {
  const tokens = { resource: 'a/b', unit: 'million-tokens' } as const;
  return {
    resource: 'a/b',
    prices: [
      { ...tokens, meter: 'tokens.input', nanosPerUnit: formatNanos(input) },
      { ...tokens, meter: 'tokens.output', nanosPerUnit: formatNanos(output) },
      { ...tokens, meter: 'tokens.cached-input', nanosPerUnit: formatNanos(cached) },
      { resource: 'a/b', meter: 'model.requests', unit: 'request', nanosPerUnit: formatNanos(request) },
    ],
  };
};

/** A dollar and two, a tenth for what was read before, and a hundred nano-units a request. */
const prices = pricesOf(1_000_000_000n, 2_000_000_000n, 100_000_000n, 100n);
const reserved = { input: 20, output: 50 };

const after = (...events: readonly AccountEvent[]): Account => events.reduce<Account>(told, openAccount(reserved, prices));
const settledBy = (...events: readonly AccountEvent[]): Settlement => {
  const account = after(...events);
  if (account.phase !== 'settled') throw new Error(`not settled: ${account.phase}`);
  return account.settlement;
};

const sent: AccountEvent = { type: 'sent' };
const firstByte: AccountEvent = { type: 'first-byte' };
const retried: AccountEvent = { type: 'retried' };
const text = (length: number): AccountEvent => ({ type: 'text-seen', length });
const usage = (input: number, output: number, cached = 0): AccountEvent => ({ type: 'usage-seen', usage: { input, output, cached } });
const ended = (ending: Ending): AccountEvent => ({ type: 'ended', ending });

const nothing = { input: 0, output: 0, cached: 0, isEstimated: false, cost: 0n };
/** 20 tokens in, and of 40 characters 10 out. */
const written = { input: 20, output: 10, cached: 0, isEstimated: true, cost: 40_100n };
const prompt = { input: 20, output: 0, cached: 0, isEstimated: true, cost: 20_100n };
const counted = { input: 10, output: 5, cached: 4, isEstimated: false, cost: 6_000n + 400n + 10_000n + 100n };

const writing = [sent, firstByte, text(40)];
const withUsage = [...writing, usage(10, 5, 4)];

describe('What a request comes to', () => {
  it.each<[string, readonly AccountEvent[], inference.Outcome, object]>([
    ['finished, counted', [...withUsage, ended('finished')], 'finished', counted],
    ['finished, not counted', [...writing, ended('finished')], 'finished', written],
    ['finished, counted as zero though there is text', [...writing, usage(0, 0), ended('finished')], 'finished', written],
    ['finished with nothing written and nothing counted', [sent, firstByte, ended('finished')], 'finished', prompt],
    [
      'finished, what went in counted and what came out not',
      [...writing, usage(10, 0), ended('finished')],
      'finished',
      { input: 10, output: 10, isEstimated: true },
    ],
    [
      'finished, of a kind that writes nothing',
      [sent, usage(10, 0), ended('finished')],
      'finished',
      { input: 10, output: 0, isEstimated: false },
    ],
    ['the client left before it was sent', [ended('client-left')], 'left-before-it-was-sent', nothing],
    ['the client left before the first byte', [sent, ended('client-left')], 'left-before-the-first-byte', prompt],
    ['the client left while it was answered', [...writing, ended('client-left')], 'left-while-it-was-answered', written],
    ['the client left after it was counted', [...withUsage, ended('client-left')], 'left-while-it-was-answered', counted],
    ['the upstream failed before the first byte', [sent, ended('upstream-failed')], 'failed-before-the-first-byte', nothing],
    ['the upstream failed while it answered', [...writing, ended('upstream-failed')], 'failed-while-it-was-answered', written],
    ['the upstream failed after it had counted', [...withUsage, ended('upstream-failed')], 'failed-while-it-was-answered', counted],
    ['no connection in time', [sent, ended('connect-timed-out')], 'timed-out-connecting', nothing],
    ['no first byte in time', [sent, ended('first-byte-timed-out')], 'timed-out-before-the-first-byte', nothing],
    ['silence before the first byte', [sent, ended('idle-timed-out')], 'timed-out-before-the-first-byte', nothing],
    ['silence in the midst of it', [...writing, ended('idle-timed-out')], 'timed-out-while-it-was-answered', written],
    ['silence after it was counted', [...withUsage, ended('idle-timed-out')], 'timed-out-while-it-was-answered', counted],
    ['retried, then finished', [sent, retried, ...withUsage, ended('finished')], 'finished', { ...counted, attempts: 2 }],
    ['retried, then failed', [sent, retried, sent, ended('upstream-failed')], 'failed-before-the-first-byte', { ...nothing, attempts: 2 }],
    ['retried, and the client left in between', [sent, retried, ended('client-left')], 'left-before-it-was-sent', nothing],
    [
      'fallen back to a cheaper model',
      [sent, { type: 'fell-back', prices: pricesOf(0n, 0n, 0n, 100n) }, ...withUsage, ended('finished')],
      'finished',
      { ...counted, cost: 100n, attempts: 2 },
    ],
    ['a guardrail blocked the question', [ended('blocked')], 'blocked-before-it-was-sent', nothing],
    ['a guardrail blocked the answer', [...withUsage, ended('blocked')], 'blocked-after-it-was-answered', counted],
    ['a guardrail blocked the answer before it was counted', [...writing, ended('blocked')], 'blocked-after-it-was-answered', written],
    ['answered from the cache', [ended('cache-hit')], 'answered-from-the-cache', nothing],
    ['the process was killed before it was sent', [ended('process-killed')], 'lost-with-the-process', nothing],
    ['the process was killed while it was answered', [...writing, ended('process-killed')], 'lost-with-the-process', written],
    ['the process was killed after it was counted', [...withUsage, ended('process-killed')], 'lost-with-the-process', counted],
  ])('%s', (_, events, outcome, charged) => expect(settledBy(...events)).toMatchObject({ outcome, ...charged }));

  it('counts what is told in pieces once', () => {
    expect(settledBy(sent, usage(10, 1), text(4), usage(0, 5), usage(0, 5), ended('finished'))).toMatchObject({ input: 10, output: 5 });
  });

  it('is not what was counted before it was written: the rest is estimated', () => {
    const begun = [sent, usage(10, 1), text(40)];
    for (const ending of ['client-left', 'upstream-failed', 'idle-timed-out', 'process-killed'] as const)
      expect(settledBy(...begun, ended(ending))).toMatchObject({
        input: 10,
        output: 11,
        isEstimated: true,
        cost: 10_000n + 22_000n + 100n,
      });
    expect(settledBy(...begun, usage(0, 9), ended('client-left'))).toMatchObject({ output: 9, isEstimated: false });
  });

  it('never estimates more than was set aside', () => {
    expect(settledBy(sent, text(100_000), ended('client-left'))).toMatchObject({ input: 20, output: 50 });
  });

  it('makes no second attempt of what was passed on', () => {
    expect(settledBy(...writing, retried, ended('upstream-failed'))).toMatchObject({ outcome: 'failed-while-it-was-answered', ...written });
  });
});

const endings: readonly Ending[] = [...new Set(outcomes.map(({ ending }) => ending))];
const everyPhase: readonly Phase[] = ['admitted', 'sent', 'answering', 'writing'];
const counts: readonly Count[] = ['none', 'zero', 'given'];
const cases = endings.flatMap((ending) => everyPhase.flatMap((phase) => counts.map((count) => ({ ending, phase, count }))));

it.each(cases)('One row and no other tells of $ending when it was $phase with usage $count', ({ ending, phase, count }) => {
  const rows = outcomes.filter((row) => row.ending === ending && row.phases.includes(phase) && row.counts.includes(count));
  expect(rows).toHaveLength(1);
  expect(rowOf(ending, phase, count)).toBe(rows[0]);
});

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
/** What was read before is never dearer than what was not. */
const anyPrices: fc.Arbitrary<Prices> = fc
  .tuple(amount, amount, amount, amount)
  .map(([one, other, output, request]) => (one > other ? pricesOf(one, output, other, request) : pricesOf(other, output, one, request)));
const anyUsage: fc.Arbitrary<Usage> = fc
  .record({ input: fc.nat({ max: 1_000 }), output: fc.nat({ max: 1_000 }), share: fc.nat({ max: 100 }) })
  .map(({ input, output, share }) => ({ input, output, cached: Math.floor((input * share) / 100) }));
const events: fc.Arbitrary<AccountEvent> = fc.oneof(
  fc.constant(sent),
  fc.constant(firstByte),
  fc.constant(retried),
  fc.nat({ max: 1_000 }).map(text),
  anyUsage.map((each): AccountEvent => ({ type: 'usage-seen', usage: each })),
  anyPrices.map((each): AccountEvent => ({ type: 'fell-back', prices: each })),
  fc.constantFrom(...endings).map(ended),
);
const stories = fc.array(events, { maxLength: 20 });
const lost = ended('process-killed');

describe('Whatever happens to a request, in whatever order', () => {
  it('it is settled once: by its first ending, or when it is found to be lost', () => {
    fc.assert(
      fc.property(stories, anyPrices, (story, theirs) => {
        const settlements = new Set<Settlement>();
        let account: Account = openAccount(reserved, theirs);
        for (const event of [...story, lost, lost]) {
          account = told(account, event);
          if (account.phase === 'settled') settlements.add(account.settlement);
        }
        expect(settlements.size).toBe(1);
      }),
    );
  });

  it('an estimate is covered by what was set aside, at the dearest of the prices that held', () => {
    fc.assert(
      fc.property(stories, anyPrices, (story, theirs) => {
        const account = [...story, lost].reduce<Account>(told, openAccount(reserved, theirs));
        if (account.phase !== 'settled' || !account.settlement.isEstimated) return;
        // Of what went in there may be a count though what came out had to be guessed.
        const inputs = story.flatMap((event) => (event.type === 'usage-seen' ? [event.usage.input] : []));
        const most = { input: Math.max(reserved.input, ...inputs), output: reserved.output, cached: 0 };
        const lists = [theirs, ...story.flatMap((event) => (event.type === 'fell-back' ? [event.prices] : []))];
        const covers = lists.map((list) => costOf(most, list));
        // Each line is rounded by itself: two lines for what went in may come to one nano-unit more than one.
        expect(covers.some((cover) => account.settlement.cost <= cover + 1n)).toBe(true);
      }),
    );
  });

  it('what has text is never free because its usage was none or zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.constantFrom<readonly AccountEvent[]>([], [usage(0, 0)]), (length, reported) => {
        for (const ending of ['finished', 'client-left', 'upstream-failed', 'idle-timed-out', 'blocked', 'process-killed'] as const) {
          const settlement = settledBy(sent, text(length), ...reported, ended(ending));
          expect(settlement).toMatchObject({ isEstimated: true, input: reserved.input });
          expect(settlement.output).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('nothing is charged that no upstream was asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.constant(retried)), fc.constantFrom(...endings), (before, ending) => {
        expect(settledBy(...before, ended(ending))).toMatchObject({ cost: 0n, input: 0, output: 0 });
      }),
    );
  });
});

it('A cost is that of a bill, with what was read before at its own price', () => {
  const list = pricesOf(150_000_000n, 600_000_000n, 75_000_000n, 7n);
  expect(costOf({ input: 1_000, output: 100, cached: 400 }, list)).toBe(600n * 150n + 400n * 75n + 100n * 600n + 7n);
  expect(costOf({ input: 0, output: 0, cached: 0 }, { ...list, prices: [] })).toBe(0n);
});
