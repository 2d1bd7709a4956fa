import fc from 'fast-check';
import { crowd, crowdWithoutQuotas } from '../../../../test/scheduling/crowd.ts';
import { played } from '../../../../test/scheduling/play.ts';
import { Scheduler } from './scheduler.ts';

const runs = (few: number): { readonly numRuns: number } => ({ numRuns: process.env.ORRERY_LAWS === 'full' ? 5_000 : few });

describe('how many may keep machines', () => {
  it('changes while the scheduler works: it decides as one that is built anew with that number', () => {
    fc.assert(
      fc.property(fc.oneof(crowd, crowdWithoutQuotas), fc.integer({ min: 0, max: 5 }), (told, reservations) => {
        const { scheduler, settings, now } = played(told).story;
        const changed = { ...settings, reservations };
        const anew = Scheduler.restore(JSON.parse(JSON.stringify(scheduler.snapshot())), changed, () => 0.5);
        scheduler.setPlacement(changed);
        for (const later of [0, 60_000, 3_600_000]) {
          expect(scheduler.decide(now + later, 1_000)).toEqual(anew.decide(now + later, 1_000));
        }
      }),
      runs(100),
    );
  });
});
