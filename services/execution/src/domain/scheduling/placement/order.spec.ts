import fc from 'fast-check';
import { Order } from './order.ts';

/** Ids of which many have the same neighbours, so that the room between those runs out. */
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 }),
  fc.nat(99).map((many) => `${'b'.repeat(many)}c`),
);

describe('The order of places', () => {
  it('is that of their ids, whoever came and went', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ id, isLeaving: fc.boolean() }), { maxLength: 150 }), (steps) => {
        const order = new Order();
        const indexes = new Map<string, number>();
        for (const [index, each] of steps.entries()) {
          if (indexes.has(each.id)) {
            if (!each.isLeaving) continue;
            order.remove(each.id);
            indexes.delete(each.id);
          } else {
            order.add(each.id, index);
            indexes.set(each.id, index);
          }
        }
        const ids = [...indexes.keys()].sort();
        const sorted = [...indexes].sort(([, a], [, b]) => (order.isFirst(a, b) ? -1 : 1)).map(([each]) => each);
        expect(sorted).toEqual(ids);
      }),
    );
  });

  it('has room for ever more between two of them', () => {
    const order = new Order();
    order.add('a', 0);
    order.add('c', 1);
    for (let index = 2; index < 200; index += 1) order.add(`${'b'.repeat(index)}`, index);
    for (let index = 3; index < 200; index += 1) expect(order.isFirst(index - 1, index)).toBe(true);
    expect([order.isFirst(0, 2), order.isFirst(199, 1), order.isFirst(1, 199)]).toEqual([true, true, false]);
  });
});
