import { randomUUID } from 'node:crypto';
import { logOf } from '@orrery/telemetry';
import { eventually, startRedis } from '@orrery/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { Book } from '../src/inference/limits/book.ts';
import { nothingKept, settlingOf } from '../src/inference/limits/encode.ts';
import type { Meter, Reservation, Use } from '../src/inference/limits/meters.ts';
import { type Held, Reservations } from '../src/inference/limits/reservations.ts';
import { turnLua } from '../src/inference/limits/scripts.lua.ts';
import { type Entry, readAnswer, turnCall } from '../src/inference/limits/turn.ts';

const leaseMs = 60_000;
const noTokens = { input: 0, output: 0 };
const places = (key: string, limit: number): Meter => ({ kind: 'places', of: 'key', key, limit });
const budget = { kind: 'spend', of: 'org', period: 'day', endsAt: 0, keepSeconds: 60 } as const;
const spend = (key: string, limit: bigint): Meter => ({ ...budget, unit: 'nanos', key, limit, units: 100n });
const quota = (key: string, limit: bigint, units: bigint): Meter => ({ ...budget, unit: 'tokens.output', key, limit, units });
const tokens = (key: string, burst: number, units: number): Meter => ({
  kind: 'rate',
  of: 'key',
  unit: 'tokens',
  key,
  interval: 60_000_000,
  burst,
  units,
});

const reservation = (more: Partial<Reservation> = {}): Reservation => ({
  requestId: randomUUID(),
  orgId: randomUUID(),
  cost: 100n,
  meters: [],
  credit: { balance: 1_000n, booked: 0n },
  ...more,
});

const held = (decided: { readonly held: Held | undefined }): Held => {
  if (decided.held === undefined) throw new Error('it was refused');
  return decided.held;
};

describe('Reservations in Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  const open: Reservations[] = [];
  const reservations = (lease = leaseMs): Reservations => {
    const made = new Reservations({ url: redis.url, log: logOf('test'), leaseMs: lease, patienceMs: 2_000 });
    open.push(made);
    return made;
  };
  const ready = async (lease?: number): Promise<Reservations> => {
    const made = reservations(lease);
    await eventually(() => expect(made.isAlone).toBe(false));
    return made;
  };

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  }, 30_000);
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  const judged = async (orgId: string, entries: readonly Entry[]): Promise<readonly string[]> => {
    const { keys, given } = turnCall(orgId, entries);
    return (await client.eval(turnLua, keys.length, ...keys, ...given)) as string[];
  };
  const toReserve = (wished: Reservation): Entry => ({ kind: 'reserve', reservation: wished, leaseMs, record: '{}' });
  const toSettle = (wished: Reservation, use: Use): Entry => ({
    kind: 'settle',
    settling: settlingOf(wished, use),
    kept: nothingKept,
    isMarked: false,
  });

  /** What somebody wants of the limits: to be let in, or, where they were, to be settled. */
  interface Step extends Pick<Reservation, 'meters' | 'cost' | 'credit'> {
    readonly request: number;
    readonly isSettled: boolean;
    readonly used: Use;
  }

  /** One organization whose requests are judged by the script and by the book, those of one moment in one call. */
  const twice = () => {
    const orgId = randomUUID();
    const book = new Book();
    /** As they were reserved last; settling again what was settled is tried as well. */
    const reserved = new Map<string, Reservation>();
    const isOpen = new Set<string>();
    const settledAlike = ({ requestId }: Reservation, used: Use, now: number): void => {
      const wasOpen = isOpen.delete(requestId);
      expect([now > 0, book.settle(requestId, used, now)]).toEqual([wasOpen, wasOpen]);
    };
    const reservedAlike = (wished: Reservation, told: string): void => {
      const { now, answer } = readAnswer(told, wished);
      expect(answer).toEqual(book.reserve(wished, { now, leaseMs }));
      if (!answer.isAllowed || isOpen.has(wished.requestId)) return;
      reserved.set(wished.requestId, wished);
      isOpen.add(wished.requestId);
    };
    return async (steps: readonly Step[]): Promise<void> => {
      const asked = steps.map(({ request, isSettled, used, ...wish }) => ({
        used,
        wished: { requestId: `${request}`, orgId, ...wish },
        before: isSettled ? reserved.get(`${request}`) : undefined,
      }));
      const entries = asked.map(({ wished, before, used }) => (before ? toSettle(before, used) : toReserve(wished)));
      const told = await judged(orgId, entries);
      for (const [index, { wished, before, used }] of asked.entries()) {
        if (before) settledAlike(before, used, Number(told[index]));
        else reservedAlike(wished, told[index] ?? '');
      }
    };
  };

  it('are judged by the script as by the book, to the microsecond and the nano-unit, whatever came before', async () => {
    const meters = fc.subarray<Meter>([
      { kind: 'rate', of: 'key', unit: 'requests', key: 'fast', interval: 7, burst: 2, units: 1 },
      { kind: 'rate', of: 'key', unit: 'requests', key: 'slow', interval: 50_000_000, burst: 3, units: 1 },
      tokens('tokens', 40, 15),
      { kind: 'rate', of: 'org', unit: 'tokens', key: 'brisk', interval: 20, burst: 30, units: 25 },
      places('places', 2),
      spend('day', 500n),
      quota('month', 90n, 25n),
      { kind: 'rate', of: 'org', unit: 'tokens.input', key: 'read', interval: 1_000, burst: 50, units: 20 },
    ]);
    const step = fc.record({
      request: fc.nat({ max: 5 }),
      isSettled: fc.boolean(),
      meters,
      cost: fc.constantFrom(0n, 1n, 90n, 300n),
      used: fc.record({ cost: fc.constantFrom(0n, 40n, 90n), input: fc.nat({ max: 30 }), output: fc.nat({ max: 20 }) }),
      credit: fc.constantFrom(undefined, { balance: 600n, booked: 0n }, { balance: 550n, booked: 50n }),
    });
    const turn = fc.uniqueArray(step, { selector: ({ request }) => request, minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
        const judge = twice();
        for (const steps of turns) await judge(steps);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('let many who ask at once pass a credit that is nearly spent by one request at most', async () => {
    const gateways = await Promise.all([ready(), ready(), ready()]);
    const orgId = randomUUID();
    const ledger = { balance: 1_050n, booked: 7_000n };
    const decided = await Promise.all(
      Array.from({ length: 120 }, (_, index) => gateways[index % 3]?.reserve(reservation({ orgId, credit: ledger }), '{}')),
    );
    const allowed = decided.filter((each) => each?.answer.isAllowed);
    // Ten fit; the eleventh is the one that passes it.
    expect(allowed).toHaveLength(11);
  });

  it.each<[string, (key: string) => Meter, number]>([
    ['a budget', (key) => spend(key, 350n), 4],
    ['the places of a key', (key) => places(key, 3), 3],
    ['an allowance of tokens', (key) => tokens(key, 100, 30), 4],
  ])('let no more of those who ask at once through %s than it holds', async (_, meterOf, expected) => {
    const gateway = await ready();
    const wish = { orgId: randomUUID(), credit: undefined, meters: [meterOf('one')] };
    const decided = await Promise.all(Array.from({ length: 30 }, () => gateway.reserve(reservation(wish), '{}')));
    expect(decided.filter(({ answer }) => answer.isAllowed)).toHaveLength(expected);
  });

  it('take nothing from anywhere where one thing refuses', async () => {
    const gateway = await ready();
    const orgId = randomUUID();
    const meters = [tokens('t', 100, 10), places('p', 5), spend('d', 10_000n)];
    const first = await gateway.reserve(reservation({ orgId, meters }), '{}');
    const refused = await gateway.reserve(reservation({ orgId, meters: [...meters, places('none', 0)] }), '{}');
    expect(refused.answer.meters.map(({ isRefused }) => isRefused)).toEqual([false, false, false, true]);
    expect(refused.answer.meters.slice(0, 3).map(({ left }) => left)).toEqual(first.answer.meters.map(({ left }) => left));
    expect(refused.held).toBeUndefined();
  });

  it('are settled once, whoever says so, and give back what was not used', async () => {
    const [one, other] = await Promise.all([ready(), ready()]);
    const orgId = randomUUID();
    const meters = [tokens('t', 100, 60), places('p', 1), spend('d', 150n), quota('q', 90n, 40n)];
    const taken = held(await one.reserve(reservation({ orgId, meters }), '{}'));
    await Promise.all([one, other, one].map((gateway) => gateway.settle(taken, { cost: 30n, input: 15, output: 5 })));
    const next = await other.reserve(reservation({ orgId, meters }), '{}');
    // 1,000 of credit less 30 and the 100 now reserved; 100 tokens less 20 and 60; one place; 150 of budget less 30 and 100; 90 tokens that
    // may come out less 5 and 40.
    expect(next.answer).toMatchObject({ isAllowed: true, credit: { left: 870n } });
    expect(next.answer.meters.map(({ left }) => left)).toEqual([20n, 0n, 20n, 45n]);
  });

  it('are judged each by itself: what is wrong with one keeps no other of the same moment from being let in, and is not Redis that is away', async () => {
    const gateway = await ready();
    const orgId = randomUUID();
    await client.set(`orrery:inference:{${orgId}}:spend:broken`, 'no hash');
    const [before, broken, after] = await Promise.all(
      [[places('p', 9)], [places('p', 9), spend('broken', 900n)], [places('p', 9)]].map((meters) =>
        gateway.reserve(reservation({ orgId, meters }), '{}'),
      ),
    );
    expect([before, after].map((each) => [each?.answer.credit?.left, each?.held?.book])).toEqual([
      [900n, undefined],
      [800n, undefined],
    ]);
    // Nobody knows of that one: it is let in by this gateway alone.
    expect(broken?.held?.book).toBeDefined();
    expect(gateway.isAlone).toBe(false);
  });

  it('are judged however many of them come at one moment, of however many organizations', async () => {
    const gateway = await ready();
    const orgs = [randomUUID(), randomUUID(), randomUUID()];
    const decided = await Promise.all(
      Array.from({ length: 600 }, (_, index) =>
        gateway.reserve(reservation({ orgId: orgs[index % 3] ?? '', meters: [places('p', 150)] }), '{}'),
      ),
    );
    expect(decided.filter(({ held: its }) => its !== undefined && its.book === undefined)).toHaveLength(30);
    expect(await Promise.all(orgs.map((orgId) => client.zcard(`orrery:inference:{${orgId}}:open`)))).toEqual([10, 10, 10]);
  });

  it('are not made twice where the first answer was lost', async () => {
    const gateway = await ready();
    const wished = reservation();
    const [first, again] = [await gateway.reserve(wished, '{}'), await gateway.reserve(wished, '{}')];
    expect([first.answer.credit?.left, again.answer.credit?.left]).toEqual([900n, 900n]);
  });

  it('leave nothing behind but what was spent', async () => {
    const gateway = await ready();
    const wished = reservation({ meters: [places('p', 1), tokens('t', 10, 5)] });
    await gateway.settle(held(await gateway.reserve(wished, '{}')), { cost: 0n, ...noTokens });
    expect(await client.keys(`*${wished.orgId}*`)).toEqual([`orrery:inference:{${wished.orgId}}:credit`]);
  });

  it('that nobody settles are found with what was noted last, and those that go on are not', async () => {
    const gateway = await ready(200);
    const orgId = randomUUID();
    const lost = reservation({ orgId, meters: [places('p', 2)] });
    const alive = reservation({ orgId, meters: [places('p', 2)] });
    await gateway.reserve(lost, 'first');
    await gateway.renew(held({ held: { reservation: lost, book: undefined } }), 'noted');
    const kept = held(await gateway.reserve(alive, 'alive'));
    await eventually(async () => {
      expect(await gateway.renew(kept, 'alive')).toBe(true);
      expect(await gateway.overdue(orgId)).toEqual([{ requestId: lost.requestId, record: 'noted' }]);
    });
    const found: string[] = [];
    for await (const each of gateway.organizations('open')) found.push(each);
    expect(found).toContain(orgId);
    await gateway.settle({ reservation: lost, book: undefined }, { cost: 5n, input: 1, output: 0 });
    expect(await gateway.overdue(orgId)).toEqual([]);
    expect(await gateway.renew({ reservation: lost, book: undefined }, 'late')).toBe(false);
  });

  it('count nothing twice and nothing never, however old what the ledger said is', async () => {
    const gateway = await ready();
    const story = fc.array(fc.record({ used: fc.bigInt({ min: 0n, max: 90n }), isBooked: fc.boolean(), age: fc.nat({ max: 5 }) }), {
      minLength: 1,
      maxLength: 15,
    });
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const orgId = randomUUID();
        const granted = 5_000n;
        let settled = 0n;
        let unbooked = 0n;
        const snapshots = [{ balance: granted, booked: 0n }];
        for (const { used, isBooked, age } of steps) {
          const credit = snapshots[Math.max(0, snapshots.length - 1 - age)];
          const decided = await gateway.reserve(reservation({ orgId, credit }), '{}');
          expect(decided.answer.credit?.left).toBe(granted - settled - 100n);
          await gateway.settle(held(decided), { cost: used, ...noTokens });
          settled += used;
          unbooked += used;
          if (!isBooked) continue;
          const last = snapshots.at(-1) ?? { balance: granted, booked: 0n };
          snapshots.push({ balance: last.balance - unbooked, booked: last.booked + unbooked });
          unbooked = 0n;
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('believe the ledger where Redis has lost what was settled', async () => {
    const gateway = await ready();
    const orgId = randomUUID();
    const decided = await gateway.reserve(reservation({ orgId, credit: { balance: 300n, booked: 99_700n } }), '{}');
    expect(decided.answer.credit?.left).toBe(200n);
  });
});

describe('Without Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let gateway: Reservations;

  beforeEach(async () => {
    redis = await startRedis();
    gateway = new Reservations({ url: redis.url, log: logOf('test'), leaseMs, patienceMs: 200 });
    await eventually(() => expect(gateway.isAlone).toBe(false));
  }, 30_000);
  afterEach(async () => {
    await gateway?.close();
    await redis?.stop();
  });

  it('a gateway lets requests in by itself, up to an eighth of the money that was left, and asks Redis again when it is back', async () => {
    const wish = { orgId: randomUUID(), credit: { balance: 10_000n, booked: 0n } };
    const before = held(await gateway.reserve(reservation(wish), '{}'));
    await redis.stop();
    await eventually(() => expect(gateway.isAlone).toBe(true));
    await gateway.settle(before, { cost: 100n, ...noTokens });
    // 9,900 were left, of which an eighth is 1,237: twelve requests fit, and one passes it.
    const alone = await Promise.all(Array.from({ length: 40 }, () => gateway.reserve(reservation(wish), '{}')));
    expect(alone.filter(({ answer }) => answer.isAllowed)).toHaveLength(13);
    // Of who was never heard of, an eighth of what the ledger says.
    const stranger = { orgId: randomUUID(), credit: { balance: 800n, booked: 0n } };
    expect((await gateway.reserve(reservation(stranger), '{}')).answer.isAllowed).toBe(true);
    expect((await gateway.reserve(reservation(stranger), '{}')).answer.isAllowed).toBe(false);
    for (const { held: one } of alone) if (one) await gateway.settle(one, { cost: 10n, ...noTokens });
    expect((await gateway.reserve(reservation(wish), '{}')).answer.credit?.left).toBe(1_237n - 130n - 100n);
    await redis.restart();
    await eventually(() => expect(gateway.isAlone).toBe(false));
    expect((await gateway.reserve(reservation(wish), '{}')).answer.credit?.left).toBe(9_900n);
  }, 30_000);

  it('what is settled meanwhile is told when Redis answers again, also of a reservation whose answer was lost', async () => {
    const client = new Redis(redis.url);
    const wish = { orgId: randomUUID() };
    const before = held(await gateway.reserve(reservation(wish), '{}'));
    await client.call('CLIENT', 'PAUSE', '1000', 'ALL');
    const unheard = held(await gateway.reserve(reservation(wish), '{}'));
    expect(unheard.book).toBeDefined();
    await gateway.settle(before, { cost: 70n, ...noTokens });
    await gateway.settle(unheard, { cost: 20n, ...noTokens });
    await eventually(async () => {
      await gateway.reserve(reservation(), '{}');
      expect(await client.hmget(`orrery:inference:{${wish.orgId}}:credit`, 'reserved', 'settled')).toEqual(['0', '90']);
    });
    client.disconnect();
  }, 30_000);
});
