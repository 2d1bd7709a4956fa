import fc from 'fast-check';
import { Lanes } from './consume-lanes.ts';

interface Item {
  readonly lane: string;
  readonly number: number;
}
const lanesOf = (...items: readonly Item[]): Lanes<Item> => {
  const lanes = new Lanes<Item>(({ lane }) => lane);
  for (const item of items) lanes.add(item);
  return lanes;
};
const a1 = { lane: 'a', number: 1 };
const a2 = { lane: 'a', number: 2 };
const a3 = { lane: 'a', number: 3 };
const b1 = { lane: 'b', number: 1 };

describe('Lanes', () => {
  it('give one item of each lane at a time', () => {
    const lanes = lanesOf(a1, a2, b1);
    expect(lanes.take(10)).toEqual([a1, b1]);
    expect(lanes.take(10)).toEqual([]);
    lanes.free('a');
    expect(lanes.take(10)).toEqual([a2]);
  });

  it('give several of one lane together where asked to, in their order', () => {
    expect(lanesOf(a1, b1, a2, a3).take(10, 2)).toEqual([a1, a2, b1]);
  });

  it('give one item alone of the lane that chance points at', () => {
    expect(lanesOf(a1, a2, b1).takeAny(0)).toEqual([a1]);
    const lanes = lanesOf(a1, a2, b1);
    expect(lanes.takeAny(0.99)).toEqual([b1]);
    expect(lanes.takeAny(0.99)).toEqual([a1]);
    expect(lanes.takeAny(0.5)).toEqual([]);
    lanes.free('a');
    expect(lanes.takeAny(0.5)).toEqual([a2]);
  });

  it('let a lane that is stuck hold up no other', () => {
    const lanes = lanesOf(a1, a2, b1);
    expect(lanes.take(1)).toEqual([a1]);
    expect(lanes.take(10)).toEqual([b1]);
  });

  it('give again what was put back before what follows it', () => {
    const lanes = lanesOf(a1, a2, a3);
    lanes.back(lanes.take(10, 2));
    expect(lanes.take(10, 5)).toEqual([]);
    lanes.free('a');
    expect(lanes.take(10, 5)).toEqual([a1, a2, a3]);
  });

  it('keep the order of every lane and lose nothing, whatever fails', () => {
    const items = fc.array(fc.record({ lane: fc.constantFrom('a', 'b', 'c'), fails: fc.integer({ min: 0, max: 3 }) }), { maxLength: 40 });
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (plan, most, perLane) => {
        const done = workedOff(plan, most, perLane);
        expect(done).toHaveLength(plan.length);
        for (const name of ['a', 'b', 'c']) {
          const order = done.filter(({ lane }) => lane === name).map(({ index }) => index);
          expect(order).toEqual([...order].sort((x, y) => x - y));
        }
      }),
    );
  });
});

interface Task {
  readonly lane: string;
  readonly index: number;
  fails: number;
}

/** How many of these, in a lane, succeed before the first that fails this time. */
const reached = (tasks: readonly Task[]): number => {
  const failed = tasks.findIndex((task) => {
    task.fails -= 1;
    return task.fails >= 0;
  });
  return failed < 0 ? tasks.length : failed;
};

const workedOff = (plan: readonly { readonly lane: string; readonly fails: number }[], most: number, perLane: number): readonly Task[] => {
  const lanes = new Lanes<Task>(({ lane }) => lane);
  for (const [index, item] of plan.entries()) lanes.add({ ...item, index });
  const done: Task[] = [];
  for (let rounds = 0; rounds < 1_000 && done.length < plan.length; rounds += 1) {
    const batch = lanes.take(most, perLane);
    for (const name of new Set(batch.map(({ lane }) => lane))) {
      const mine = batch.filter(({ lane }) => lane === name);
      const end = reached(mine);
      done.push(...mine.slice(0, end));
      lanes.back(mine.slice(end));
      lanes.free(name);
    }
  }
  return done;
};
