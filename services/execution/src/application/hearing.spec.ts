import { Hearing } from './hearing.ts';

describe('listening', () => {
  let now = 0;
  const hearing = () => {
    now = 1_000;
    return new Hearing(5_000, () => now);
  };
  const after = (ms: number, one: Hearing, isConnected = true): number => {
    now += ms;
    return one.tick(isConnected);
  };

  it('is counted from its beginning', () => {
    const one = hearing();
    expect(after(1_000, one)).toBe(1_000);
    expect(after(5_000, one)).toBe(6_000);
  });

  it('begins anew when the bus was away', () => {
    const one = hearing();
    after(1_000, one);
    expect(after(1_000, one, false)).toBe(0);
    expect(after(1_000, one)).toBe(1_000);
  });

  it('begins anew after a gap: whoever was frozen heard nothing', () => {
    const one = hearing();
    after(1_000, one);
    expect(after(5_001, one)).toBe(0);
    expect(after(1_000, one)).toBe(1_000);
  });
});
