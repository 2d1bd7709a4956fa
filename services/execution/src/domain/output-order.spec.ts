import fc from 'fast-check';
import { at, runId } from '../../test/facts.ts';
import { compareOutputPlaces, outputOrder } from './output-order.ts';

const chunk = (attempt: number, seq: number) =>
  ({ runId: runId(), attempt, seq, stream: 'stdout', at: at(0), text: `${attempt}.${seq}` }) as const;
const named = (chunks: readonly { readonly text: string }[]): readonly string[] => chunks.map(({ text }) => text);

describe('the order of output', () => {
  it('gives out what follows, once', () => {
    const order = outputOrder();
    order.offer(chunk(1, 1));
    order.offer(chunk(1, 1));
    order.offer(chunk(1, 2));
    expect(named(order.take())).toEqual(['1.1', '1.2']);
    order.offer(chunk(1, 2));
    expect(named(order.take())).toEqual([]);
  });

  it('waits where something is missing, and goes on when it comes', () => {
    const order = outputOrder();
    order.offer(chunk(1, 2));
    expect(order.take()).toEqual([]);
    expect(order.hasGap()).toBe(true);
    order.offer(chunk(1, 1));
    expect(named(order.take())).toEqual(['1.1', '1.2']);
    expect(order.hasGap()).toBe(false);
  });

  it('lets the store fill a gap', () => {
    const order = outputOrder();
    order.offer(chunk(1, 3));
    expect(named(order.stored([chunk(1, 1), chunk(1, 2)]))).toEqual(['1.1', '1.2']);
    expect(named(order.take())).toEqual(['1.3']);
  });

  it('takes from the store what was stored twice once', () => {
    expect(named(outputOrder().stored([chunk(1, 1), chunk(1, 1), chunk(1, 2)]))).toEqual(['1.1', '1.2']);
  });

  it('gives a gap up when told to', () => {
    const order = outputOrder();
    order.offer(chunk(1, 3));
    order.offer(chunk(1, 4));
    order.offer(chunk(1, 6));
    expect(named(order.skip())).toEqual(['1.3', '1.4']);
    expect(order.hasGap()).toBe(true);
  });

  it('has nothing to skip to where nothing is held', () => {
    expect(outputOrder().skip()).toEqual([]);
  });

  it('goes on with the next attempt, and leaves the one before to itself', () => {
    const order = outputOrder();
    order.offer(chunk(1, 1));
    order.offer(chunk(2, 1));
    expect(named(order.take())).toEqual(['1.1', '2.1']);
    order.offer(chunk(1, 2));
    expect(order.take()).toEqual([]);
  });

  it('begins after the place where a reader left', () => {
    const order = outputOrder({ attempt: 1, seq: 2 });
    order.offer(chunk(1, 2));
    order.offer(chunk(1, 3));
    expect(named(order.take())).toEqual(['1.3']);
    expect(order.place()).toEqual({ attempt: 1, seq: 3 });
  });

  it('keeps no more than it has room for, and then knows of a gap', () => {
    const order = outputOrder();
    for (let seq = 2; seq <= 2_002; seq += 1) order.offer(chunk(1, seq));
    order.offer(chunk(1, 1));
    expect(order.hasGap()).toBe(true);
    order.stored([chunk(1, 1)]);
    expect(order.take().at(-1)?.seq).toBe(2_001);
  });

  it('gives each chunk out once and in order, however they come', () => {
    const places = fc.integer({ min: 1, max: 12 }).map((seq) => chunk(1, seq));
    fc.assert(
      fc.property(fc.array(places, { maxLength: 60 }), fc.integer({ min: 0, max: 12 }), (heard, storedUpTo) => {
        const order = outputOrder();
        const given: { readonly attempt: number; readonly seq: number }[] = [];
        for (const each of heard) {
          order.offer(each);
          given.push(...order.take());
        }
        given.push(...order.stored(Array.from({ length: storedUpTo }, (_, index) => chunk(1, index + 1))), ...order.take());
        while (order.hasGap()) given.push(...order.skip());
        expect(given.every((each, index) => index === 0 || compareOutputPlaces(given[index - 1] ?? each, each) < 0)).toBe(true);
        expect(new Set(given.map(({ seq }) => seq))).toEqual(
          new Set([...heard.map(({ seq }) => seq), ...Array.from({ length: storedUpTo }, (_, index) => index + 1)]),
        );
      }),
    );
  });
});
