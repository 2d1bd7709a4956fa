import { eventually } from '@orrery/testing';
import { Deadlines, type Waiting } from './deadlines.ts';

const waitingFor = (deadlines: Deadlines, ms: number): Waiting & { readonly told: number[] } => {
  const told: number[] = [];
  const waiting = {
    told,
    dueAt: deadlines.now() + ms,
    overdue: () => {
      told.push(deadlines.now());
      deadlines.delete(waiting);
    },
  };
  deadlines.add(waiting);
  return waiting;
};

describe('Whoever waits too long', () => {
  it('is told so, never early, and nobody else is', async () => {
    const deadlines = new Deadlines();
    const [short, long, gone] = [waitingFor(deadlines, 20), waitingFor(deadlines, 120), waitingFor(deadlines, 20)];
    deadlines.delete(gone);
    await eventually(() => expect(long.told).toHaveLength(1));
    expect(short.told).toHaveLength(1);
    expect(gone.told).toEqual([]);
    for (const { told, dueAt } of [short, long]) expect(told[0]).toBeGreaterThanOrEqual(dueAt);
  });

  it('is told where nobody waited for a while before', async () => {
    const deadlines = new Deadlines();
    const first = waitingFor(deadlines, 1);
    await eventually(() => expect(first.told).toHaveLength(1));
    const later = waitingFor(deadlines, 150);
    const last = waitingFor(deadlines, 1);
    await eventually(() => expect([later.told.length, last.told.length]).toEqual([1, 1]));
  });
});
