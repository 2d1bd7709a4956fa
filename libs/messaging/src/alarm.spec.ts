import { Alarm } from './alarm.ts';

describe('An alarm', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const alarmOf = (...dues: number[]) => {
    const rung: number[] = [];
    const alarm = new Alarm((now) => {
      rung.push(now);
      return dues.find((due) => due > now) ?? Number.POSITIVE_INFINITY;
    });
    for (const due of dues) alarm.setFor(due);
    return { alarm, rung };
  };

  it('goes off at the nearest of its times, then at the next', () => {
    const start = performance.now();
    const { rung } = alarmOf(start + 500, start + 100, start + 900);
    jest.advanceTimersByTime(99);
    expect(rung).toEqual([]);
    jest.advanceTimersByTime(2_000);
    expect(rung).toEqual([start + 100, start + 500, start + 900]);
  });

  it('keeps one timer, however many times it is set', () => {
    const start = performance.now();
    alarmOf(...Array.from({ length: 1_000 }, (_, index) => start + 5_000 + index));
    expect(jest.getTimerCount()).toBe(1);
  });

  it('is silent when nothing is due', () => {
    const { rung } = alarmOf(Number.POSITIVE_INFINITY);
    expect(jest.getTimerCount()).toBe(0);
    expect(rung).toEqual([]);
  });
});
