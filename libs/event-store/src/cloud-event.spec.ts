import { events } from '@orrery/contracts';
import type { Recorded } from '@orrery/kernel';
import fc from 'fast-check';
import { z } from 'zod';
import { cloudEventOf, erased, MalformedEvent, parseCloudEvent, recordedOf, withheld } from './cloud-event.ts';
import { Registry } from './registry.ts';

const Shop = events(
  'shop',
  {
    OrderPlaced: z.strictObject({ number: z.int(), note: z.string().default('') }),
    BuyerNamed: z.strictObject({ buyerId: z.string(), email: z.email(), vip: z.boolean() }),
    OrderPriced: z.strictObject({ nanos: z.string() }),
  },
  { BuyerNamed: { personal: { of: 'buyerId', fields: ['email'] } }, OrderPriced: { version: 2 } },
);
const upcasters = [{ type: 'OrderPriced', to: 2, upcast: (data: object) => ({ nanos: `${Reflect.get(data, 'cents')}0000000` }) }];
const registry = new Registry([Shop], upcasters);

const recorded = (event: Recorded['event'], more: Partial<Recorded> = {}): Recorded => ({
  id: '0199c000-0000-7000-8000-000000000001',
  stream: 'order-7',
  version: 3,
  event,
  metadata: { correlationId: 'c', causationId: 'd', actor: 'user:u' },
  recordedAt: new Date('2026-01-02T03:04:05.678Z'),
  place: { transaction: 12n, position: 34n },
  ...more,
});
const overTheBus = (event: Recorded): Recorded =>
  recordedOf(parseCloudEvent(JSON.stringify(cloudEventOf(event, registry.contractOf(event.event.type)))), registry);

describe('An event as a CloudEvent', () => {
  it('says where it is from, what it is, and where it stands', () => {
    const cloudEvent = cloudEventOf(recorded({ type: 'OrderPlaced', data: { number: 1, note: 'n' } }), Shop.OrderPlaced);
    expect(cloudEvent).toEqual({
      specversion: '1.0',
      id: '0199c000-0000-7000-8000-000000000001',
      source: '/orrery/shop',
      type: 'orrery.shop.OrderPlaced.v1',
      subject: 'order-7',
      time: '2026-01-02T03:04:05.678Z',
      datacontenttype: 'application/json',
      data: { number: 1, note: 'n' },
      actor: 'user:u',
      correlationid: 'c',
      causationid: 'd',
      sequence: '12.34',
      streamversion: 3,
    });
  });

  it('comes out as it went in', () => {
    const metadata = fc.record(
      {
        correlationId: fc.string(),
        causationId: fc.string(),
        actor: fc.string(),
        orgId: fc.string(),
        traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      },
      { requiredKeys: ['correlationId', 'causationId', 'actor'] },
    );
    const events = fc.record({
      id: fc.uuid({ version: 7 }),
      stream: fc.string({ minLength: 1 }),
      version: fc.integer({ min: 1 }),
      event: fc.record({ type: fc.constant('OrderPlaced'), data: fc.record({ number: fc.integer(), note: fc.string() }) }),
      metadata,
      recordedAt: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      place: fc.record({ transaction: fc.bigInt({ min: 0n, max: 2n ** 63n }), position: fc.bigInt({ min: 0n, max: 2n ** 62n }) }),
    });
    fc.assert(fc.property(events, (event) => expect(overTheBus(event)).toEqual(event)));
  });

  it('is brought up to date for a reader whose contract moved on', () => {
    const old = {
      ...cloudEventOf(recorded({ type: 'OrderPriced', data: { nanos: '5' } }), Shop.OrderPriced),
      type: 'orrery.shop.OrderPriced.v1',
    };
    expect(recordedOf({ ...old, data: { cents: 12 } }, registry).event).toEqual({ type: 'OrderPriced', data: { nanos: '120000000' } });
  });

  it('gets the defaults of fields that its writer did not know', () => {
    const cloudEvent = cloudEventOf(recorded({ type: 'OrderPlaced', data: { number: 1, note: 'n' } }), Shop.OrderPlaced);
    expect(recordedOf({ ...cloudEvent, data: { number: 1 } }, registry).event.data).toEqual({ number: 1, note: '' });
  });

  it('leaves what tells of a person at home, and still passes, though no contract allows the mark', () => {
    const home = { buyerId: 'b', email: 'ada@example.org', vip: true };
    const away = recorded({ type: 'BuyerNamed', data: { ...home, email: withheld } });
    expect(overTheBus(recorded({ type: 'BuyerNamed', data: home }))).toEqual(away);
    expect(overTheBus(recorded({ type: 'BuyerNamed', data: { ...home, email: erased } }))).toEqual(away);
  });

  it('of an erased person does not pass when anything else is wrong with it', () => {
    const event = recorded({ type: 'BuyerNamed', data: { buyerId: 'b', email: erased, vip: 'yes' } });
    expect(() => cloudEventOf(event, Shop.BuyerNamed)).toThrow(MalformedEvent);
  });

  it('is refused on its way out when it does not fit its contract', () => {
    expect(() => cloudEventOf(recorded({ type: 'OrderPlaced', data: { number: 'one' } }), Shop.OrderPlaced)).toThrow(MalformedEvent);
  });

  it('is refused on its way in when it is none of ours', () => {
    const good = cloudEventOf(recorded({ type: 'OrderPlaced', data: { number: 1, note: '' } }), Shop.OrderPlaced);
    const bad = ['', '{', '[]', '"text"', JSON.stringify({ ...good, specversion: '0.3' }), JSON.stringify({ ...good, sequence: '12' })];
    for (const text of bad) expect(() => parseCloudEvent(text)).toThrow(MalformedEvent);
    expect(() => recordedOf({ ...good, data: {} }, registry)).toThrow(MalformedEvent);
  });
});
