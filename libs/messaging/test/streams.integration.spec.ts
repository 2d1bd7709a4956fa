import { type NatsServer as Nats } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { type Bus, connectBus } from '../src/index.ts';
import { contextOf } from './fixtures/context.ts';
import { Count } from './fixtures/contracts.ts';
import { Seen, type Started, startGreeter } from './fixtures/services.ts';

const beatMs = 100;

describe('Asking for a stream', () => {
  let nats: Nats;
  let bus: Bus;
  let serving: Bus;
  let seen: Seen;
  let greeter: Started;

  beforeAll(async () => {
    nats = await startNats();
  }, 30_000);

  afterAll(() => nats?.stop());

  beforeEach(async () => {
    seen = new Seen();
    bus = await connectBus({ url: nats.url, name: 'asker', beatMs });
    serving = await connectBus({ url: nats.url, name: 'greeter', beatMs });
    greeter = await startGreeter(serving, seen, { drainMs: 1_000, streams: 50 });
  });

  afterEach(async () => {
    await greeter.app.close();
    await bus.close();
    await serving.close();
  });

  const all = async (input: { to: number; failAt?: number; refuseAt?: number }): Promise<number[]> => {
    const numbers: number[] = [];
    for await (const { n } of bus.askStream(Count, input, contextOf())) numbers.push(n);
    return numbers;
  };
  /** Lets time pass in which nothing must happen. */
  const beats = (count: number): Promise<unknown> => {
    const end = Date.now() + count * beatMs;
    return eventually(() => Date.now() >= end);
  };
  const upTo = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

  it('brings every item in order and then ends', async () => {
    await expect(all({ to: 1_000 })).resolves.toEqual(upTo(1_000));
    await expect(all({ to: 0 })).resolves.toEqual([]);
    await eventually(() => seen.closed === 2 && bus.line.inbox.size === 0);
  });

  it('pulls from the service no more than its reader has room for', async () => {
    const window = { items: 10, bytes: 1_000_000 };
    const numbers = bus.askStream(Count, { to: 10_000 }, contextOf(), { window })[Symbol.asyncIterator]();
    await numbers.next();
    // Nothing is taken for several beats, which tell the service so: one item on its way, a window held, one pulled ahead.
    await beats(4);
    expect(seen.pulled.length).toBe(1 + 10 + 1);
    for (let taken = 1; taken < 100; taken += 1) await numbers.next();
    expect(seen.pulled.length).toBeLessThanOrEqual(100 + 10 + 1);
    await numbers.return?.();
  });

  it('bounds also the bytes that are under way', async () => {
    const window = { items: 10_000, bytes: 100 };
    const numbers = bus.askStream(Count, { to: 1_000 }, contextOf(), { window })[Symbol.asyncIterator]();
    await numbers.next();
    await eventually(() => seen.pulled.length > 2);
    expect(seen.pulled.length).toBeLessThan(15);
    let taken = 1;
    for (let next = await numbers.next(); !next.done; next = await numbers.next()) taken += 1;
    expect(taken).toBe(1_000);
  });

  it('ends at the service when the reader leaves the loop', async () => {
    for await (const { n } of bus.askStream(Count, { to: 1_000_000 }, contextOf())) if (n === 5) break;
    await eventually(() => seen.aborted === 1 && seen.closed === 1);
    expect(seen.pulled.length).toBeLessThan(200);
  });

  it('ends at the service, and quietly for the reader, when the signal says so', async () => {
    const controller = new AbortController();
    const numbers: number[] = [];
    const stream = bus.askStream(Count, { to: 100, pauseAfter: 3 }, contextOf(), { signal: controller.signal });
    const reading = (async () => {
      for await (const { n } of stream) numbers.push(n);
    })();
    await eventually(() => numbers.length === 3);
    controller.abort();
    await reading;
    expect(numbers).toEqual([1, 2, 3]);
    await eventually(() => seen.closed === 1);
  });

  it('goes on for as long as nothing happens', async () => {
    const numbers = bus.askStream(Count, { to: 2, pauseAfter: 1 }, contextOf())[Symbol.asyncIterator]();
    await expect(numbers.next()).resolves.toEqual({ done: false, value: { n: 1 } });
    await beats(8);
    seen.release.emit('count');
    await expect(numbers.next()).resolves.toEqual({ done: false, value: { n: 2 } });
    await expect(numbers.next()).resolves.toMatchObject({ done: true });
  });

  it('says before the first item whether the service refuses', async () => {
    await expect(bus.askStream(Count, { to: 3, refuseAt: 1 }, contextOf()).open()).resolves.toMatchObject({
      accepted: false,
      rejection: { code: 'NoSuchNumber', details: { n: 1 } },
    });
    await expect(bus.askStream(Count, { to: 3 }, contextOf()).open()).resolves.toEqual({ accepted: true });
    await expect(all({ to: 3, refuseAt: 1 })).rejects.toMatchObject({ name: 'Refused', rejection: { code: 'NoSuchNumber' } });
    await expect(all({ to: 0.5 })).rejects.toMatchObject({ name: 'Refused', rejection: { code: 'InvalidInput' } });
  });

  it('ends with a refusal or a fault in its midst, after the items before it', async () => {
    await expect(all({ to: 9, refuseAt: 4 })).rejects.toMatchObject({
      name: 'Refused',
      rejection: { code: 'NoSuchNumber', details: { n: 4 } },
    });
    const numbers = bus.askStream(Count, { to: 9, failAt: 3 }, contextOf())[Symbol.asyncIterator]();
    await expect(numbers.next()).resolves.toMatchObject({ value: { n: 1 } });
    await expect(numbers.next()).resolves.toMatchObject({ value: { n: 2 } });
    await expect(numbers.next()).rejects.toMatchObject({ name: 'ServiceFault', operation: 'greeter.count' });
  });

  it('is shed when too many are open, and let in when one has ended', async () => {
    const streams = upTo(50).map(() => bus.askStream(Count, { to: 9, pauseAfter: 1 }, contextOf())[Symbol.asyncIterator]());
    await Promise.all(streams.map((stream) => stream.next()));
    await expect(all({ to: 1 })).rejects.toMatchObject({ name: 'Refused', rejection: { code: 'Overloaded' } });
    await streams[0]?.return?.();
    await eventually(() => all({ to: 1 }).catch(() => false));
    await Promise.all(streams.map((stream) => stream.return?.()));
  });

  it('is told apart from a question: neither is answered in the way of the other', async () => {
    await expect(bus.ask(Count, { to: 1 }, contextOf())).resolves.toMatchObject({ rejection: { code: 'InvalidInput' } });
  });

  it('ends with the name of the service when it shuts down', async () => {
    const numbers = bus.askStream(Count, { to: 9, pauseAfter: 2 }, contextOf())[Symbol.asyncIterator]();
    await numbers.next();
    await numbers.next();
    await greeter.server.close();
    await expect(numbers.next()).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'greeter' });
    expect(seen.closed).toBe(1);
  });

  it('ends when the service vanishes without a word', async () => {
    const numbers = bus.askStream(Count, { to: 9, pauseAfter: 1 }, contextOf())[Symbol.asyncIterator]();
    await numbers.next();
    // Closed under the feet of the server: what a kill looks like from outside.
    await serving.connection.close();
    const before = Date.now();
    await expect(numbers.next()).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'greeter', reason: 'interrupted' });
    expect(Date.now() - before).toBeLessThan(5 * beatMs);
  });

  it('closes at the service when the reader vanishes without a word: at the next beat, not after a silence', async () => {
    const slow = { url: nats.url, beatMs: 1_000 };
    const [reader, service] = [await connectBus({ ...slow, name: 'asker' }), await connectBus({ ...slow, name: 'greeter' })];
    await greeter.server.close();
    const other = await startGreeter(service, seen);
    const numbers = reader.askStream(Count, { to: 9, pauseAfter: 1 }, contextOf())[Symbol.asyncIterator]();
    await numbers.next();
    await reader.connection.close();
    await eventually(() => seen.closed === 1, { within: 2_500 });
    await other.app.close();
    await service.close();
  });

  it('ends on both sides when the nats-server dies in its midst, and can be asked for again afterwards', async () => {
    const numbers = bus.askStream(Count, { to: 9, pauseAfter: 1 }, contextOf())[Symbol.asyncIterator]();
    await numbers.next();
    await nats.kill9();
    await expect(numbers.next()).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'greeter', reason: 'disconnected' });
    await eventually(() => seen.closed === 1);
    await nats.restart();
    await eventually(() => all({ to: 3 }).catch(() => false));
  }, 20_000);
});
