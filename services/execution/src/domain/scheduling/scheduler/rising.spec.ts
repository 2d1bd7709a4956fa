import { Rising } from './rising.ts';

const drained = (rising: Rising, keys: readonly number[]): readonly (readonly [number, number])[] => {
  rising.clear(keys.length);
  for (const [index, key] of keys.entries()) rising.add(index, key);
  return Array.from(rising.drain(), ({ index, key }) => [index, key] as const);
};

describe('indexes by rising keys', () => {
  it('come in the order of their keys, whatever was asked for before', () => {
    const rising = new Rising();
    const { NEGATIVE_INFINITY: first, POSITIVE_INFINITY: last } = Number;
    expect(drained(rising, [])).toEqual([]);
    expect(drained(rising, [5, last, 1, 3, first, 4])).toEqual([
      [4, first],
      [2, 1],
      [3, 3],
      [5, 4],
      [0, 5],
      [1, last],
    ]);
    expect(drained(rising, [2, 1])).toEqual([
      [1, 1],
      [0, 2],
    ]);
    const many = Array.from({ length: 500 }, (_, index) => (index * 7_919) % 1_009);
    expect(drained(rising, many).map(([, key]) => key)).toEqual(many.toSorted((a, b) => a - b));
  });
});
