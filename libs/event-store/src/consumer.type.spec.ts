import { events } from '@orrery/contracts';
import { z } from 'zod';
import { type Consumer, consumer } from './consumer.ts';

type Same<T, U> = [T, U] extends [U, T] ? true : false;

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

  it('let a handler return nothing at all', () => {
    const declared = consumer({ service: 'post', name: 'silent', events: [Shop.OrderPlaced], write: async () => {} });
    expect(declared.name).toBe('silent');
  });
});
