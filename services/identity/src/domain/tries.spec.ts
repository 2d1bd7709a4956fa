import fc from 'fast-check';
import { blank, failed, isBlank, type Patience, remembered, type Tally, takenBack, waitLeft, waitOf } from './tries.ts';

const patience: Patience = { free: 3, firstMs: 1_000, longestMs: 8_000, forgetMs: 60_000 };
const start = 1_000_000;
const after = (tries: number, now = start): Tally => {
  let tally = blank;
  for (let n = 0; n < tries; n += 1) tally = failed(tally, now, patience);
  return tally;
};

const patiences: fc.Arbitrary<Patience> = fc.record({
  free: fc.integer({ min: 0, max: 20 }),
  firstMs: fc.integer({ min: 1, max: 10_000 }),
  longestMs: fc.integer({ min: 10_000, max: 3_600_000 }),
  forgetMs: fc.integer({ min: 60_000, max: 86_400_000 }),
});

describe('whoever tries', () => {
  it('may fail a few times for nothing, and then waits twice as long each time', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((tries) => waitLeft(after(tries), start))).toEqual([
      0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
  });

  it('is looked at again when the wait is over', () => {
    expect(waitLeft(after(5), start + 1_999)).toBe(1);
    expect(waitLeft(after(5), start + 2_000)).toBe(0);
  });

  it('is forgiven one failure after another', () => {
    expect(remembered(after(5), start + 59_999, patience).failures).toBe(5);
    expect(remembered(after(5), start + 60_000, patience).failures).toBe(4);
    expect(remembered(after(5), start + 300_000, patience).failures).toBe(0);
    expect(isBlank(after(5), start + 299_999, patience)).toBe(false);
    expect(isBlank(after(5), start + 300_000, patience)).toBe(true);
  });

  it('does not pay for what was never looked at', () => {
    expect(waitLeft(takenBack(after(4), start), start)).toBe(0);
    expect(takenBack(after(4), start).failures).toBe(3);
    expect(takenBack(blank, start).failures).toBe(0);
  });

  it('waits never longer than the bound, and never shorter for one failure more', () => {
    fc.assert(
      fc.property(patiences, fc.integer({ min: 0, max: 5_000 }), (given, failures) => {
        expect(waitOf(failures, given)).toBeLessThanOrEqual(given.longestMs);
        expect(waitOf(failures + 1, given)).toBeGreaterThanOrEqual(waitOf(failures, given));
      }),
    );
  });

  it('gets no more guesses than the free ones, one for each failure forgotten, and one per longest wait, however cunningly they come', () => {
    fc.assert(
      fc.property(patiences, fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 400 }), (given, gaps) => {
        let tally = blank;
        let now = start;
        let looked = 0;
        for (const gap of gaps) {
          now += gap;
          if (waitLeft(tally, now) > 0) continue;
          looked += 1;
          tally = failed(tally, now, given);
        }
        const past = now - start;
        // While the wait still doubles, each guess costs at least the first wait.
        const doublings = Math.ceil(Math.log2(given.longestMs / given.firstMs)) + 1;
        const most = given.free + 1 + Math.floor(past / given.forgetMs) + doublings + Math.floor(past / given.longestMs);
        expect(looked).toBeLessThanOrEqual(most);
      }),
    );
  });
});
