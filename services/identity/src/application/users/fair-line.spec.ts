import fc from 'fast-check';
import { FairLine } from './fair-line.ts';

const drain = (line: FairLine<string>): string[] => {
  const items: string[] = [];
  for (let item = line.shift(); item !== undefined; item = line.shift()) items.push(item);
  return items;
};

describe('a fair line', () => {
  it('serves everybody in turn, each in their own order', () => {
    const line = new FairLine<string>(() => 10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) line.push(item.charAt(0), item);
    expect(drain(line)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('lets no one in who has as much in it as anybody, when it is full', () => {
    const line = new FairLine<string>(() => 2);
    expect(line.push('a', 'a1')).toBeUndefined();
    expect(line.push('a', 'a2')).toBeUndefined();
    expect(line.push('a', 'a3')).toBe('a3');
    expect(line.push('b', 'b1')).toBe('a2');
    expect(line.push('c', 'c1')).toBe('c1');
    expect(drain(line)).toEqual(['a1', 'b1']);
  });

  it('takes nobody where it has no room at all', () => {
    expect(new FairLine<string>(() => 0).push('a', 'a1')).toBe('a1');
  });

  it('forgets whoever waits no more', () => {
    const line = new FairLine<string>(() => 3);
    line.push('a', 'a1');
    line.push('b', 'b1');
    line.remove('a', 'a1');
    line.remove('a', 'a1');
    line.remove('nobody', 'x');
    expect([line.size, drain(line)]).toEqual([1, ['b1']]);
  });

  describe('whatever comes', () => {
    const steps = fc.array(fc.record({ from: fc.constantFrom('flood', 'flood', 'flood', 'ada', 'bob'), take: fc.boolean() }), {
      maxLength: 200,
    });

    it('never holds more than it may, and counts right', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 8 }), steps, (longest, all) => {
          const line = new FairLine<string>(() => longest);
          const inside = new Set<string>();
          for (const [n, { from, take }] of all.entries()) {
            inside.add(`${from} ${n}`);
            inside.delete(line.push(from, `${from} ${n}`) ?? '');
            if (take) inside.delete(line.shift() ?? '');
            expect([line.size, line.size <= longest]).toEqual([inside.size, true]);
          }
        }),
      );
    });

    it('takes whoever has less than an equal share in it', () => {
      fc.assert(
        fc.property(fc.integer({ min: 3, max: 8 }), steps, (longest, all) => {
          const line = new FairLine<string>(() => longest);
          const held: string[] = [];
          for (const [n, { from }] of all.entries()) {
            const share = held.filter((each) => each === from).length;
            const lost = line.push(from, `${from} ${n}`);
            if (share < Math.floor(longest / 3)) expect(lost).not.toBe(`${from} ${n}`);
            held.push(from);
            if (lost !== undefined) held.splice(held.lastIndexOf(lost.split(' ')[0] ?? ''), 1);
          }
        }),
      );
    });
  });
});
