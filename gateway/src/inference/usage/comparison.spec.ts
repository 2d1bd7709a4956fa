import { differencesOf } from './comparison.ts';

const [one, other] = ['0b8f3f4e-5a3f-4f0e-9d53-0a8a4b1c9f01', '0b8f3f4e-5a3f-4f0e-9d53-0a8a4b1c9f02'];
const sums = (...entries: readonly (readonly [string, bigint, number])[]) =>
  new Map(entries.map(([orgId, cost, requests]) => [orgId, { cost, requests }]));

describe('What Redis counted in a minute, and the inference log', () => {
  it('agree where both have the same, or nothing', () => {
    expect(differencesOf(0, sums(), sums())).toEqual([]);
    expect(differencesOf(0, sums([one, 5n, 1]), sums([one, 5n, 1]))).toEqual([]);
    expect(differencesOf(0, sums([one, 0n, 0]), sums())).toEqual([]);
  });

  it('differ where one has what the other has not, or a request that cost nothing', () => {
    const found = differencesOf(1, sums([one, 5n, 1]), sums([other, 6n, 2]));
    expect(found.map(({ orgId, first, second }) => [orgId, first, second])).toEqual([
      [one, '5', '0'],
      [other, '0', '6'],
    ]);
    expect(found[0]).toMatchObject({ of: '1970-01-01T00:01:00.000Z', firstRequests: 1, secondRequests: 0 });
    expect(differencesOf(0, sums([one, 5n, 2]), sums([one, 5n, 1]))).toHaveLength(1);
  });
});
