import fc from 'fast-check';
import { Waiting } from './waiting.ts';

const entered = (most: number, ...orgs: readonly (readonly [string, number])[]): Waiting => {
  const waiting = new Waiting(most);
  for (const [org, count] of orgs) for (let at = 0; at < count; at += 1) waiting.enter(org);
  return waiting;
};

describe('Who waits for an answer that is being made', () => {
  it('may fill the room alone, as long as nobody else wants in', () => {
    expect(entered(10, ['a', 10]).isOneTooMany('a')).toBe(false);
    expect(entered(10, ['a', 11]).isOneTooMany('a')).toBe(true);
  });

  it('makes room for others when they come, and they need not go', () => {
    const waiting = entered(10, ['a', 10], ['b', 1]);
    expect([waiting.isOneTooMany('a'), waiting.isOneTooMany('b')]).toEqual([true, false]);
    waiting.leave('a');
    expect(waiting.isOneTooMany('a')).toBe(false);
  });

  it('is never many more than there is room for, and nobody goes who has no more than their part', () => {
    const orgs = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 20 }), orgs, (most, comers) => {
        const waiting = new Waiting(most);
        const counts = new Map<string, number>();
        for (const org of comers) {
          waiting.enter(org);
          counts.set(org, (counts.get(org) ?? 0) + 1);
          const goes = waiting.isOneTooMany(org);
          if (goes) {
            expect(counts.get(org)).toBeGreaterThan(Math.floor(most / counts.size));
            waiting.leave(org);
            counts.set(org, (counts.get(org) ?? 0) - 1);
          }
        }
        expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2 * most);
      }),
    );
  });
});
