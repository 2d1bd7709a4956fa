import { Tally, wrongWith } from './bill.ts';

const tally = new Tally();
tally.add({ answered: 1_000, failed: 2, underWay: 64 });
tally.add({ answered: 10, failed: 0, underWay: 0 });

describe('The bill of a benchmark', () => {
  it('has each request that was answered, and may have those that failed or that nobody waited for', () => {
    expect(tally.expected).toEqual({ least: 1_010, most: 1_076 });
    expect([1_010, 1_040, 1_076].map((billed) => wrongWith(billed, tally.expected))).toEqual([undefined, undefined, undefined]);
  });

  it('is wrong where one that was answered is missing, or one more is on it than were made', () => {
    expect(wrongWith(1_009, tally.expected)).toBe('1 of 1010 answered requests are not on the bill');
    expect(wrongWith(1_077, tally.expected)).toBe('1077 requests are on the bill, and at most 1076 were made');
  });

  it('is empty where nothing was asked', () => {
    const nothing = new Tally();
    expect([wrongWith(0, nothing.expected), wrongWith(1, nothing.expected)]).toEqual([
      undefined,
      '1 requests are on the bill, and at most 0 were made',
    ]);
  });
});
