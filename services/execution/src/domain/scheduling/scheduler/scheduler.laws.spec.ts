import fc from 'fast-check';
import { crowd, crowdWithoutQuotas } from '../../../../test/scheduling/crowd.ts';
import { anyLimit, history, quiet, quotas, rough } from '../../../../test/scheduling/history.ts';
import { compared, played } from '../../../../test/scheduling/play.ts';
import { Story } from '../../../../test/scheduling/story.ts';

const hour = 3_600_000;
const runs = (few: number): { readonly numRuns: number } => ({ numRuns: process.env.ORRERY_LAWS === 'full' ? 5_000 : few });

describe('whatever happens in a cluster', () => {
  it('nobody gets what is not there, or part of what was asked for, or more than a limit; and nobody makes way against the rules', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        const { faults } = played(told).story;
        expect(faults.filter((fault) => !fault.includes('reserved moment'))).toEqual([]);
      }),
      runs(120),
    );
  });

  it('who was written down and read decides the same', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        expect(compared(told).differences).toEqual([]);
      }),
      runs(120),
    );
  });

  it('the order is one of what is so, and not of who was looked at before: where many want the same, too', () => {
    fc.assert(
      fc.property(crowd, (told) => {
        expect(compared(told).differences).toEqual([]);
      }),
      runs(50),
    );
  });

  it('where nobody has a quota, what rounds remember of each other changes nothing', () => {
    fc.assert(
      fc.property(crowdWithoutQuotas, (told) => {
        expect(compared(told).differences).toEqual([]);
      }),
      runs(60),
    );
  });

  it('equal stories make equal decisions', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        expect(played(told).story.told).toEqual(played(told).story.told);
      }),
      runs(60),
    );
  });

  it('nobody starts later than it was promised, when nothing fails and nobody is guaranteed anything', () => {
    fc.assert(
      fc.property(history(quiet, fc.constant([])), (told) => {
        expect(played(told).story.faults).toEqual([]);
      }),
      runs(120),
    );
  });

  it('whoever could have an empty cluster to itself has run in the end, though guaranteed work goes first', () => {
    fc.assert(
      fc.property(history(quiet, quotas(anyLimit)), (told) => {
        const { story } = played(told);
        const rounds = story.books.waiting.size + story.books.running.size + 1;
        for (let round = 0; round < rounds; round += 1) story.pass(3 * hour);
        story.pass(200 * hour);
        for (let round = 0; round < rounds; round += 1) story.pass(3 * hour);
        const left = [...story.books.waiting.values()].filter((request) => {
          const alone = new Story(story.settings);
          alone.setQuotas(told.quotas);
          for (const { size } of story.books.machines.values()) alone.machine(size);
          alone.submit(request);
          return alone.scheduler.decide(alone.now, 1).some(({ kind }) => kind === 'place');
        });
        expect(left).toEqual([]);
      }),
      runs(60),
    );
  });
});
