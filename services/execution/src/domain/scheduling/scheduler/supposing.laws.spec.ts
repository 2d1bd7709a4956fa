import fc from 'fast-check';
import { crowd, crowdWithoutQuotas } from '../../../../test/scheduling/crowd.ts';
import { type Play, played } from '../../../../test/scheduling/play.ts';
import type { Request } from '../request.ts';

const hour = 3_600_000;
const runs = (few: number): { readonly numRuns: number } => ({ numRuns: process.env.ORRERY_LAWS === 'full' ? 5_000 : few });

const wish = fc.record({
  queue: fc.constantFrom('a', 'a/x', 'a/new', 'b', 'new'),
  gpus: fc.integer({ min: 1, max: 5 }),
  nodes: fc.constantFrom(1, 1, 2),
  isPreemptible: fc.boolean(),
  limitMs: fc.constantFrom(600_000, hour),
});

const told = fc.oneof(crowd, crowdWithoutQuotas);

type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

const requestOf = ({ queue, gpus, nodes, isPreemptible, limitMs }: Wish, now: number): Request => ({
  id: 'supposed',
  queue,
  ask: { nodes, choices: [{ cpuMilli: 0, memoryMib: 0, gpus, gpuMilli: 1_000, models: null }] },
  rank: 0,
  isPreemptible,
  limitMs,
  deadlineAt: null,
  submittedAt: now,
});

/** A copy that it is submitted to places it. */
const isPlacedOnCopy = ({ story }: Play, request: Request): boolean => {
  const copy = story.restored();
  copy.submit(request);
  return copy.decide(story.now, 1_000).some(({ kind, request: id }) => kind === 'place' && id === request.id);
};

describe('a request that nobody has submitted', () => {
  it('would start now where a copy that it is submitted to starts it', () => {
    fc.assert(
      fc.property(told, wish, (history, asked) => {
        const play = played(history);
        const { now, scheduler } = play.story;
        const request = requestOf(asked, now);
        const wouldStart = typeof scheduler.suppose(request, now) === 'number';
        const isPlaced = isPlacedOnCopy(play, request);
        // Of a limit that is kept for somebody who has waited too long for it, it hears when it is submitted.
        const isLimited = history.quotas.some(({ limit }) => Object.keys(limit).length > 0);
        expect(wouldStart).toBe(isPlaced || (isLimited && wouldStart));
      }),
      runs(100),
    );
  });

  it('leaves nothing behind when it was looked for', () => {
    fc.assert(
      fc.property(told, wish, (history, asked) => {
        const { story } = played(history);
        const { now, scheduler } = story;
        const known = () => {
          const { usage, ...rest } = scheduler.snapshot();
          // A queue that has had nothing is one that nobody has heard of.
          return JSON.stringify([scheduler.load(), rest, usage.branches.filter(({ whole }) => whole.held.length > 0)]);
        };
        const before = known();
        scheduler.suppose(requestOf(asked, now), now);
        expect(known()).toBe(before);
        expect(scheduler.decide(now + hour, 1_000)).toEqual(story.restored().decide(now + hour, 1_000));
      }),
      runs(60),
    );
  });
});
