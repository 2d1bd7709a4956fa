import fc from 'fast-check';
import { Gate, type Work } from './gate.ts';

describe('A gate', () => {
  it('lets in so many at once, so many wait, and turns the rest away', () => {
    const gate = new Gate({ concurrency: 2, queue: 1 });
    const work: Work = () => undefined;
    expect([gate.enter(work), gate.enter(work), gate.enter(work), gate.enter(work)]).toEqual([true, true, true, false]);
    expect([gate.running, gate.waiting]).toEqual([2, 1]);
  });

  it('never runs more than it may, and runs what it let in, in order, once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ concurrency: fc.integer({ min: 1, max: 4 }), queue: fc.integer({ min: 0, max: 4 }) }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        async (limits, steps) => {
          const gate = new Gate(limits);
          const started: number[] = [];
          const admitted: number[] = [];
          const running: (() => void)[] = [];
          for (const [index, isEntry] of steps.entries()) {
            if (isEntry) {
              const hasEntered = gate.enter((done) => {
                started.push(index);
                running.push(done);
              });
              if (hasEntered) admitted.push(index);
            } else running.shift()?.();
            // Whoever waited starts in a turn of its own.
            await Promise.resolve();
            expect(running.length).toBeLessThanOrEqual(limits.concurrency);
            expect(gate.waiting).toBeLessThanOrEqual(limits.queue);
          }
          const idle = gate.whenIdle();
          while (running.length > 0) {
            running.shift()?.();
            await Promise.resolve();
          }
          await idle;
          expect(started).toEqual(admitted);
        },
      ),
    );
  });
});
