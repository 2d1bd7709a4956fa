import fc from 'fast-check';
import { anyLimit, changing, history, quotas } from '../../../../test/scheduling/history.ts';
import { IdleRoom } from '../../../../test/scheduling/idle-room.ts';
import { Play } from '../../../../test/scheduling/play.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 10_000 : 150;

describe('room', () => {
  it('is not left idle while somebody waits whom it would do, and whom nothing forbids to have it', () => {
    fc.assert(
      fc.property(history(changing, quotas(anyLimit)), (told) => {
        const play = new Play(told);
        for (const [index, step] of told.steps.entries()) {
          play.act(step);
          expect({ step: index, wasted: new IdleRoom(play.story).wasted() }).toEqual({ step: index, wasted: [] });
        }
      }),
      { numRuns },
    );
  });
});
