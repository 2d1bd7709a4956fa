import { DrainWorker } from './operations.ts';

describe('when a drained machine is to be empty', () => {
  it('is written in any zone and precision', () => {
    const workerId = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';
    const read = (endsAt: string) => DrainWorker.input.parse({ workerId, endsAt }).endsAt;
    expect(['2026-01-02T03:00:00Z', '2026-01-02T04:00:00+01:00', '2026-01-02T03:00:00.000Z'].map(read)).toEqual(
      Array<string>(3).fill('2026-01-02T03:00:00.000Z'),
    );
  });
});
