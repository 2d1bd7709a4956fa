import { jain, quantile, rising } from './numbers.ts';

describe("Jain's index", () => {
  it('is one where all have the same, and one in n where one has all', () => {
    expect(jain([3, 3, 3])).toBeCloseTo(1, 12);
    expect(jain([5, 0, 0, 0])).toBeCloseTo(0.25, 12);
    expect([jain([]), jain([0, 0])]).toEqual([1, 1]);
  });
});

describe('A percentile', () => {
  it('is one of the values', () => {
    const sorted = rising([5, 1, 4, 2, 3]);
    expect([0, 0.5, 0.9, 1].map((part) => quantile(sorted, part))).toEqual([1, 3, 5, 5]);
    expect(quantile([], 0.5)).toBe(0);
  });
});
