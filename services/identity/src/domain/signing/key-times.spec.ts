import { epochOf, identity, instantOf } from '@orrery/contracts';
import fc from 'fast-check';
import { believed, isDue, type KeyTimes, lastTokenAt, leadMs, signing } from './key-times.ts';

const start = Date.parse('2030-01-01T00:00:00.000Z');
const dayMs = 86_400_000;
const key = (generation: number, activeAt: number, believedUntil: number | null = null): KeyTimes => ({
  generation,
  activeAt: instantOf(activeAt),
  believedUntil: believedUntil === null ? null : instantOf(believedUntil),
});

/** Keys as they follow each other when one is made at each of these times, the last of them perhaps in an emergency. */
const made = (times: readonly number[], isCompromised: boolean): readonly KeyTimes[] => {
  let keys: KeyTimes[] = [];
  for (const [index, at] of times.entries()) {
    const inHaste = index === 0 || (isCompromised && index === times.length - 1);
    const activeAt = instantOf(inHaste ? at : at + leadMs);
    const until = isCompromised && index === times.length - 1 ? instantOf(at) : lastTokenAt(activeAt);
    keys = keys.map((each) => ({
      ...each,
      believedUntil: each.believedUntil !== null && each.believedUntil < until ? each.believedUntil : until,
    }));
    keys.push({ generation: index + 1, activeAt, believedUntil: null });
  }
  return keys;
};

describe('keys that sign access tokens', () => {
  it('sign when their time has come, the youngest first', () => {
    const keys = [key(1, start), key(2, start + leadMs)];
    expect(signing(keys, start)?.generation).toBe(1);
    expect(signing(keys, start + leadMs - 1)?.generation).toBe(1);
    expect(signing(keys, start + leadMs)?.generation).toBe(2);
    expect(signing([], start)).toBeUndefined();
  });

  it('are believed until their last token has expired', () => {
    const until = epochOf(lastTokenAt(instantOf(start)));
    expect(until - start).toBeGreaterThan(identity.accessTokenSeconds * 1_000);
    const keys = [key(1, start - dayMs, until), key(2, start)];
    expect(believed(keys, until - 1)).toHaveLength(2);
    expect(believed(keys, until)).toEqual([keys[1]]);
  });

  it('are followed by another when they are old', () => {
    const keys = [key(1, start), key(2, start + dayMs)];
    expect(isDue(keys, start + 3 * dayMs, 2 * dayMs)).toBe(false);
    expect(isDue(keys, start + 3 * dayMs + 1, 2 * dayMs)).toBe(true);
    expect(isDue([], start, dayMs)).toBe(true);
  });

  it('always have one among them that signs, and whose tokens are believed as long as they live, unless it was compromised', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3 * dayMs }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 30 * dayMs }), (given, later) => {
        const times: number[] = [];
        for (const gap of given) times.push((times.at(-1) ?? start) + gap);
        const keys = made(times, false);
        const now = start + (given[0] ?? 0) + later;
        const signer = signing(keys, now);
        expect(signer).toBeDefined();
        const expiry = now + identity.accessTokenSeconds * 1_000;
        expect(believed(keys, expiry)).toContain(signer);
      }),
    );
  });

  it('are believed no more at once when one is compromised', () => {
    const keys = made([start, start + dayMs, start + 2 * dayMs], true);
    const now = start + 2 * dayMs;
    expect(believed(keys, now).map(({ generation }) => generation)).toEqual([3]);
    expect(signing(keys, now)?.generation).toBe(3);
  });
});
