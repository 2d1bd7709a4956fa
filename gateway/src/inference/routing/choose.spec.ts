import fc from 'fast-check';
import { choose, type Wish } from './choose.ts';
import type { Standing } from './target.ts';

const target = (id: string, weight = 1, concurrency = 100) => ({ id, weight, concurrency });
const idle = (id: string, weight = 1): Standing => ({ target: target(id, weight), outstanding: 0, isOpen: true });
const wish = (more: Partial<Wish> = {}): Wish => ({ tried: new Set(), random: 0, ...more });

const standings: fc.Arbitrary<Standing[]> = fc
  .array(
    fc.record({
      weight: fc.constantFrom(0.1, 1, 2, 5),
      concurrency: fc.integer({ min: 1, max: 6 }),
      outstanding: fc.nat({ max: 6 }),
      isOpen: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((all) =>
    all.map(({ weight, concurrency, outstanding, isOpen }, index) => ({
      target: target(`t${index}`, weight, concurrency),
      outstanding,
      isOpen,
    })),
  );
const wishes: fc.Arbitrary<Wish> = fc.record({
  stickyKey: fc.option(fc.string(), { nil: undefined }),
  tried: fc.subarray(['t0', 't1', 't2', 't3', 't4', 't5']).map((tried) => new Set(tried)),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

/** Sends so many requests, none of which ends, and says how many went where. */
const spread = (weights: readonly number[], requests: number): number[] => {
  const outstanding = weights.map(() => 0);
  for (let sent = 0; sent < requests; sent += 1) {
    const all = weights.map((weight, index) => ({
      target: target(String(index), weight, requests),
      outstanding: outstanding[index] ?? 0,
      isOpen: true,
    }));
    const chosen = Number(choose(all, wish())?.target.id);
    outstanding[chosen] = (outstanding[chosen] ?? 0) + 1;
  }
  return outstanding;
};

describe('The target of a request', () => {
  it('is found wherever there is one with room, and nowhere else', () => {
    fc.assert(
      fc.property(standings, wishes, (all, wished) => {
        const chosen = choose(all, wished);
        const free = all.filter((each) => each.isOpen && each.outstanding < each.target.concurrency);
        if (chosen) expect(free).toContain(chosen);
        else expect(free).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is one that was not tried, as long as one of those has room', () => {
    fc.assert(
      fc.property(standings, wishes, (all, wished) => {
        const chosen = choose(all, wished);
        const untried = all.filter(
          (each) => each.isOpen && each.outstanding < each.target.concurrency && !wished.tried.has(each.target.id),
        );
        if (chosen && untried.length > 0) expect(untried).toContain(chosen);
      }),
    );
  });

  it('is the least busy for its weight', () => {
    expect(spread([1, 1, 1], 30)).toEqual([10, 10, 10]);
    expect(spread([3, 1], 40)).toEqual([30, 10]);
  });

  it('is drawn between equals', () => {
    const all = [idle('a'), idle('b')];
    expect(choose(all, wish({ random: 0.4 }))?.target.id).toBe('a');
    expect(choose(all, wish({ random: 0.6 }))?.target.id).toBe('b');
  });
});

const keys = Array.from({ length: 2_000 }, (_, index) => `prompt ${index}`);
const placed = (all: readonly Standing[]): (string | undefined)[] => keys.map((stickyKey) => choose(all, wish({ stickyKey }))?.target.id);

describe('Prompts that begin alike', () => {
  const four = ['a', 'b', 'c', 'd'].map((id) => idle(id));

  it('go to the same target, whatever is drawn', () => {
    for (const random of [0, 0.5, 0.99])
      expect(choose(four, wish({ stickyKey: 'x', random }))).toBe(choose(four, wish({ stickyKey: 'x' })));
  });

  it('are spread by weight', () => {
    const count = (all: readonly Standing[], id: string): number => placed(all).filter((each) => each === id).length;
    for (const id of ['a', 'b', 'c', 'd']) expect(Math.abs(count(four, id) - 500)).toBeLessThan(100);
    expect(Math.abs(count([idle('a', 3), idle('b', 1)], 'a') - 1_500)).toBeLessThan(100);
  });

  it('stay where they are when another target goes', () => {
    const before = placed(four);
    const after = placed(four.filter(({ target: { id } }) => id !== 'c'));
    for (const [index, id] of before.entries()) if (id !== 'c') expect(after[index]).toBe(id);
  });

  it('go elsewhere while theirs is much busier than the others', () => {
    const home = choose(four, wish({ stickyKey: 'x' }))?.target.id;
    const busy = four.map((each) => (each.target.id === home ? { ...each, outstanding: 20 } : each));
    expect(choose(busy, wish({ stickyKey: 'x' }))?.target.id).not.toBe(home);
  });
});
