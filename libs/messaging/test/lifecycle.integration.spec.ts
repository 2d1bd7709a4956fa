import { type NatsServer as Nats } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { type Bus, connectBus } from '../src/index.ts';
import { contextOf } from './fixtures/context.ts';
import { Greet, Wait } from './fixtures/contracts.ts';
import { Seen, type Started, startGreeter } from './fixtures/services.ts';

describe('The life of a served operation', () => {
  let nats: Nats;
  let bus: Bus;
  let serving: Bus;
  let seen: Seen;
  let greeters: Started[];

  beforeAll(async () => {
    nats = await startNats();
  }, 30_000);

  afterAll(() => nats?.stop());

  beforeEach(async () => {
    seen = new Seen();
    greeters = [];
    bus = await connectBus({ url: nats.url, name: 'asker' });
    serving = await connectBus({ url: nats.url, name: 'greeter' });
  });

  afterEach(async () => {
    for (const { app } of greeters) await app.close();
    await bus.close();
    await serving.close();
  });

  const serve = async (options: Parameters<typeof startGreeter>[2] = {}): Promise<Started> => {
    const greeter = await startGreeter(serving, seen, options);
    greeters.push(greeter);
    return greeter;
  };
  const outcome = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);

  it('goes over no connection in the clear where the URL says tls', async () => {
    const url = nats.url.replace('nats://', 'tls://');
    await expect(connectBus({ url, name: 'careful', firstConnectMs: 0 })).rejects.toThrow('NatsError: tls');
  });

  it('is asked again by who leaves and comes back with other credentials', async () => {
    await serve();
    let returns = 0;
    bus.line.link.onUp(() => (returns += 1));
    const asked = Array.from({ length: 200 }, (_, index) => bus.ask(Greet, { name: `Ada ${index}` }, contextOf()));
    await bus.reenter();
    asked.push(...Array.from({ length: 200 }, (_, index) => bus.ask(Greet, { name: `Eve ${index}` }, contextOf())));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(400);
    expect(returns).toBe(1);
  });

  it('is ready when it is connected and has subscribed, and not while it closes', async () => {
    const { server } = await serve();
    expect(server.isReady).toBe(true);
    await server.close();
    expect(server.isReady).toBe(false);
  });

  it('finishes what runs and takes no more when it drains', async () => {
    const { server } = await serve();
    const running = bus.ask(Wait, { key: 'a' }, contextOf());
    await eventually(() => seen.waiting.includes('a'));
    let isClosed = false;
    const closing = server.close().then(() => {
      isClosed = true;
    });
    await eventually(async () => (await outcome(bus.ask(Greet, { name: 'Ada' }, contextOf()))) instanceof Error);
    expect(isClosed).toBe(false);
    seen.release.emit('a');
    await expect(running).resolves.toEqual({ accepted: true, value: { key: 'a' } });
    await closing;
  });

  it('does not wait for ever for what runs when it drains', async () => {
    const { server } = await serve({ drainMs: 200 });
    const running = outcome(bus.ask(Wait, { key: 'a' }, contextOf({ deadlineAt: Date.now() + 1_000 })));
    await eventually(() => seen.waiting.includes('a'));
    const before = Date.now();
    await server.close();
    expect(Date.now() - before).toBeLessThan(800);
    await expect(running).resolves.toMatchObject({ name: 'DeadlineExceeded' });
    seen.release.emit('a');
  });

  it('hands over to another instance without losing a request', async () => {
    const first = await serve();
    const other = await connectBus({ url: nats.url, name: 'greeter' });
    const second = await startGreeter(other, seen);
    const asked: Promise<unknown>[] = [];
    for (let count = 0; count < 300; count += 1) {
      asked.push(bus.ask(Greet, { name: `n${count}` }, contextOf()));
      if (count === 100) void first.server.close();
      if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(Promise.all(asked)).resolves.toHaveLength(300);
    await second.app.close();
    await other.close();
  });

  it('sheds what it has no room for, with a hint, and runs no more at once than it may', async () => {
    const { server } = await serve({ concurrency: 2, queue: 3 });
    const asked = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((key) => bus.ask(Wait, { key }, contextOf()));
    await expect(asked[5]).resolves.toMatchObject({ rejection: { code: 'Overloaded', details: { retryAfterMs: expect.any(Number) } } });
    await expect(asked[6]).resolves.toMatchObject({ rejection: { code: 'Overloaded' } });
    expect(server.load).toEqual({ running: 2, waiting: 3 });
    expect(seen.waiting).toEqual(['a', 'b']);
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await eventually(() => seen.waiting.includes(key));
      seen.release.emit(key);
    }
    await expect(Promise.all(asked.slice(0, 5))).resolves.toHaveLength(5);
  });

  it('drops what waited past its deadline', async () => {
    await serve({ concurrency: 1, queue: 10 });
    const first = bus.ask(Wait, { key: 'a' }, contextOf());
    await eventually(() => seen.waiting.includes('a'));
    const late = outcome(bus.ask(Wait, { key: 'late' }, contextOf({ deadlineAt: Date.now() + 100 })));
    await expect(late).resolves.toMatchObject({ name: 'DeadlineExceeded' });
    seen.release.emit('a');
    await first;
    await bus.ask(Greet, { name: 'Ada' }, contextOf());
    expect(seen.waiting).toEqual(['a']);
  });

  it('is found again by a request that met nobody the first time: a restart goes unnoticed', async () => {
    const asked = bus.ask(Greet, { name: 'Ada' }, contextOf());
    await serve();
    const other = bus.ask(Greet, { name: 'Bob' }, contextOf());
    await expect(other).resolves.toMatchObject({ accepted: true });
    // The first try of the other came before the service; whether its second did depends on how long that took to start.
    await outcome(asked);
  });

  it('outlives the nats-server: what was under way is named, and everything goes on after its restart', async () => {
    const { server } = await serve();
    const running = outcome(bus.ask(Wait, { key: 'a' }, contextOf({ deadlineAt: Date.now() + 1_500 })));
    await eventually(() => seen.waiting.includes('a'));
    await nats.kill9();
    await expect(running).resolves.toMatchObject({
      name: expect.stringMatching(/ServiceUnavailable|DeadlineExceeded/),
      service: 'greeter',
    });
    await eventually(() => !bus.isConnected && !server.isReady);
    const before = Date.now();
    await expect(bus.ask(Greet, { name: 'Ada' }, contextOf({ deadlineAt: before + 1_000 }))).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      service: 'greeter',
    });
    expect(Date.now() - before).toBeLessThan(1_100);
    const patient = bus.ask(Wait, { key: 'b' }, contextOf());
    await nats.restart();
    await eventually(() => seen.waiting.includes('b'));
    seen.release.emit('b');
    await expect(patient).resolves.toEqual({ accepted: true, value: { key: 'b' } });
    await eventually(() => server.isReady);
    seen.release.emit('a');
  }, 20_000);

  it('does not connect where nobody listens, and says where that was', async () => {
    await expect(connectBus({ url: 'nats://127.0.0.1:9', name: 'lost', firstConnectMs: 300 })).rejects.toThrow('NATS at 127.0.0.1:9');
  });
});
