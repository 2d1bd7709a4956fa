import fc from 'fast-check';
import { Places } from './places.ts';

type Step = 'enter' | 'leave' | 'forget';

/** Who is inside and who waits, kept beside what is tried. */
class Model {
  readonly places: Places;
  readonly queue: (() => void)[] = [];
  inside = 0;

  constructor(places: Places) {
    this.places = places;
  }

  enter(): void {
    const waiter = (): void => {
      expect(this.queue.shift()).toBe(waiter);
      this.inside += 1;
    };
    const entered = this.places.enter(waiter);
    if (entered === 'at-once') this.inside += 1;
    if (entered === 'waiting') this.queue.push(waiter);
  }

  leave(): void {
    if (this.inside === 0) return;
    this.inside -= 1;
    this.places.leave();
  }

  forget(): void {
    const waiter = this.queue.pop();
    if (waiter) expect(this.places.forget(waiter)).toBe(true);
  }
}

describe('The places of a target', () => {
  it('are given in the order in which they were asked for', () => {
    const places = new Places({ concurrency: 1, longestQueue: 2 });
    const given: string[] = [];
    const enter = (name: string) => places.enter(() => given.push(name));
    expect(['a', 'b', 'c', 'd'].map(enter)).toEqual(['at-once', 'waiting', 'waiting', 'full']);
    places.leave();
    places.leave();
    expect(given).toEqual(['b', 'c']);
  });

  it('go past who waits no longer', () => {
    const places = new Places({ concurrency: 1, longestQueue: 2 });
    const given: string[] = [];
    const waiters = ['a', 'b', 'c'].map((name) => () => void given.push(name));
    for (const waiter of waiters) places.enter(waiter);
    expect(places.forget(waiters[1] ?? (() => undefined))).toBe(true);
    places.leave();
    expect(given).toEqual(['c']);
    expect(places.forget(waiters[2] ?? (() => undefined))).toBe(false);
  });

  it('cannot be given back more often than they were taken', () => {
    expect(() => new Places({ concurrency: 1, longestQueue: 1 }).leave()).toThrow(RangeError);
  });

  it('are never more than there are, nobody waits while one is free, and none is left when all have gone', () => {
    const steps = fc.array(fc.constantFrom<Step>('enter', 'leave', 'forget'), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 4 }), (all, concurrency, longestQueue) => {
        const model = new Model(new Places({ concurrency, longestQueue }));
        for (const step of all) {
          model[step]();
          const { places, inside, queue } = model;
          expect([places.taken, places.waiting]).toEqual([inside, queue.length]);
          expect(inside <= concurrency && queue.length <= longestQueue).toBe(true);
          if (queue.length > 0) expect(inside).toBe(concurrency);
        }
        while (model.inside > 0) model.leave();
        expect([model.places.taken, model.places.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
