import { Bell } from './bell.ts';

describe('A bell', () => {
  it('wakes who waits', async () => {
    const bell = new Bell();
    const woken = bell.wait(60_000);
    bell.ring();
    expect(await woken).toBe(true);
  });

  it('that rang before is heard by the next, once', async () => {
    const bell = new Bell();
    bell.ring();
    expect(await bell.wait(60_000)).toBe(true);
    expect(await bell.wait(1)).toBe(false);
    bell.ring();
    expect(bell.heard()).toBe(true);
    expect(bell.heard()).toBe(false);
  });

  it('keeps nobody past the signal', async () => {
    const stop = new AbortController();
    const waiting = new Bell().wait(60_000, stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
  });
});
