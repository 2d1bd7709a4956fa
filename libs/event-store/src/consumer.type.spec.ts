import { events } from '@orrery/contracts';
import { z } from 'zod';
import { type Consumer, consumer, type ReactingConsumer, type WritingConsumer } from './consumer.ts';

type Same<T, U> = [T, U] extends [U, T] ? true : false;
type Fits<T, U> = T extends U ? true : false;

const Shop = events('shop', { OrderPlaced: z.strictObject({ number: z.int() }), OrderShipped: z.strictObject({ carrier: z.string() }) });

describe('the types of a consumer', () => {
  it('give each event the data of its contract, told apart by its type', () => {
    const declared = consumer({
      service: 'post',
      name: 'letters',
      events: [Shop.OrderPlaced, Shop.OrderShipped],
      react: async ({ event }) => {
        switch (event.type) {
          case 'OrderPlaced': {
            const isNumber: Same<typeof event.data, { number: number }> = true;
            return isNumber ? undefined : { appends: [] };
          }
          case 'OrderShipped': {
            const isCarrier: Same<typeof event.data, { carrier: string }> = true;
            return isCarrier ? undefined : { appends: [] };
          }
        }
      },
    });
    const all: readonly Consumer[] = [declared];
    expect(all).toHaveLength(1);
  });

  it('give it to a handler that writes, too, with a client for its transaction', () => {
    consumer({
      service: 'post',
      name: 'ledger',
      events: [Shop.OrderPlaced],
      write: async ({ stream, version, event }, client) => {
        const isNumber: Same<typeof event.data, { number: number }> = true;
        const isOne: Same<typeof event.type, 'OrderPlaced'> = true;
        if (isNumber && isOne) await client.query('SELECT $1, $2', [`${stream} ${version}`, event.data.number]);
      },
    });
    const known = Shop.OrderPlaced;
    type Handler = Parameters<WritingConsumer<typeof known>['write']>[0]['event'];
    const isOther: Fits<Handler, { readonly data: { readonly carrier: string } }> = false;
    expect(isOther).toBe(false);
  });

  it('let a handler give an effect or nothing, and no other thing', () => {
    type Given = Awaited<ReturnType<ReactingConsumer['react']>>;
    const mayAppend: Fits<{ appends: [{ stream: string; expected: number; events: [] }] }, Given> = true;
    const mayGiveNothing: Fits<undefined, Given> = true;
    const mayGiveOther: Fits<{ events: [] }, Given> = false;
    const mayKeepTheKey: Fits<{ readonly once: object }, Given> = false;
    expect([mayAppend, mayGiveNothing, mayGiveOther, mayKeepTheKey]).toEqual([true, true, false, false]);
  });

  it('let a handler return nothing at all', () => {
    const declared = consumer({ service: 'post', name: 'silent', events: [Shop.OrderPlaced], write: async () => {} });
    expect(declared.name).toBe('silent');
  });
});
