import { type NatsServer as Nats } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { z } from 'zod';
import { type Bus, connectBus, publishSnapshot, type SnapshotPublisher, type SnapshotWatcher, watchSnapshot } from '../src/index.ts';

const Key = z.strictObject({ org: z.string(), isActive: z.boolean() });
type Key = z.infer<typeof Key>;

describe('A snapshot in a bucket', () => {
  let nats: Nats;
  let owner: Bus;
  let reader: Bus;
  let truth: Map<string, Key>;
  let faults: unknown[];
  let publisher: SnapshotPublisher<typeof Key>;
  let watcher: SnapshotWatcher<typeof Key>;
  let held: Promise<void>;
  let readings = 0;
  let changes: string[];
  let count = 0;

  const active = (org: string): Key => ({ org, isActive: true });
  const snapshotOf = (bucket: string) => ({ bucket, value: Key });
  let snapshot: ReturnType<typeof snapshotOf>;

  const publish = (): SnapshotPublisher<typeof Key> =>
    publishSnapshot(owner, {
      snapshot,
      all: async () => {
        const rows = [...truth];
        readings += 1;
        await held;
        return rows;
      },
      onFault: (fault) => faults.push(fault),
      auditMs: 100,
    });
  const watch = (): SnapshotWatcher<typeof Key> =>
    watchSnapshot(reader, {
      snapshot,
      onFault: (fault) => faults.push(fault),
      onChange: (key) => changes.push(key),
      auditMs: 100,
    });
  const entries = (): Record<string, Key> => Object.fromEntries(watcher.entries());

  beforeAll(async () => {
    nats = await startNats();
    owner = await connectBus({ url: nats.url, name: 'owner' });
    reader = await connectBus({ url: nats.url, name: 'reader' });
  }, 30_000);

  afterAll(async () => {
    await owner?.close();
    await reader?.close();
    await nats?.stop();
  });

  beforeEach(() => {
    count += 1;
    snapshot = snapshotOf(`keys-${count}`);
    truth = new Map([
      ['a', active('x')],
      ['b', active('y')],
    ]);
    faults = [];
    held = Promise.resolve();
    changes = [];
  });

  afterEach(async () => {
    await watcher.close();
    await publisher.close();
  });

  it('is loaded whole, whoever comes first, and then follows each change', async () => {
    watcher = watch();
    publisher = publish();
    await watcher.ready;
    expect(entries()).toEqual({ a: active('x'), b: active('y') });
    const before = watcher.revision;
    await publisher.put('c', active('z'));
    await publisher.remove('a');
    await eventually(() => watcher.get('c') && !watcher.get('a'));
    expect(entries()).toEqual({ b: active('y'), c: active('z') });
    expect(watcher.revision).toBe(before + 2);
    expect(changes).toEqual(['a', 'b', 'c', 'a']);
    const late = watch();
    await late.ready;
    expect(Object.fromEntries(late.entries())).toEqual(entries());
    await late.close();
  });

  it('is caught up with by whoever was told that something is published', async () => {
    publisher = publish();
    await publisher.fill();
    watcher = watch();
    await watcher.ready;
    for (let n = 0; n < 50; n += 1) {
      await publisher.put('c', active(`org-${n}`));
      expect(await watcher.caughtUp(5_000)).toBe(true);
      expect(watcher.get('c')).toEqual(active(`org-${n}`));
    }
    await publisher.remove('c');
    expect(await Promise.all(Array.from({ length: 100 }, () => watcher.caughtUp(5_000)))).not.toContain(false);
    expect(watcher.get('c')).toBeUndefined();
  });

  it('makes nobody wait for more than what is published', async () => {
    publisher = publish();
    await publisher.fill();
    watcher = watch();
    await watcher.ready;
    await expect(watcher.caughtUp(60_000)).resolves.toBe(true);
  });

  it('is waited for while there is none, and no longer than asked', async () => {
    watcher = watch();
    await expect(watcher.caughtUp(50)).resolves.toBe(false);
    const asked = watcher.caughtUp(60_000);
    publisher = publish();
    await publisher.fill();
    await expect(watcher.caughtUp(10_000)).resolves.toBe(true);
    expect(entries()).toEqual({ a: active('x'), b: active('y') });
    await watcher.close();
    await expect(asked).resolves.toBe(false);
  });

  it('can be empty and known to be', async () => {
    truth.clear();
    publisher = publish();
    watcher = watch();
    await watcher.ready;
    expect(watcher.size).toBe(0);
  });

  it('is brought to the truth when its owner starts again', async () => {
    publisher = publish();
    await publisher.fill();
    await publisher.close();
    truth = new Map([
      ['b', { org: 'y', isActive: false }],
      ['c', active('z')],
    ]);
    publisher = publish();
    watcher = watch();
    await eventually(() => expect(entries()).toEqual({ b: { org: 'y', isActive: false }, c: active('z') }));
  });

  it('keeps a change that is published while an older state is being compared', async () => {
    publisher = publish();
    await publisher.fill();
    await publisher.close();
    truth.set('a', active('older'));
    let release: () => void = () => undefined;
    held = new Promise((resolve) => {
      release = resolve;
    });
    const before = readings;
    publisher = publish();
    watcher = watch();
    await eventually(() => readings > before);
    truth.set('a', active('newer'));
    await publisher.put('a', active('newer'));
    release();
    await eventually(() => publisher.isComplete);
    await publisher.put('b', active('last'));
    await eventually(() => watcher.get('b')?.org === 'last');
    expect(watcher.get('a')).toEqual(active('newer'));
  });

  it('takes in while the nats-server is down what is published when it is back', async () => {
    publisher = publish();
    watcher = watch();
    await watcher.ready;
    await nats.kill9();
    await eventually(() => !owner.isConnected && !reader.isConnected);
    truth.set('c', active('z'));
    await publisher.put('c', active('z'));
    expect(watcher.get('a')).toEqual(active('x'));
    await nats.restart();
    await eventually(() => watcher.get('c'));
  }, 20_000);

  it('survives the loss of the bucket, and is not taken for empty while it is filled again', async () => {
    publisher = publish();
    watcher = watch();
    await watcher.ready;
    let release: () => void = () => undefined;
    held = new Promise((resolve) => {
      release = resolve;
    });
    await nats.wipe();
    // The owner has made the bucket anew, and reads its tables for a while.
    const info = async () => (await owner.connection.jetstreamManager()).streams.info(`KV_${snapshot.bucket}`);
    await eventually(() => info().catch(() => undefined));
    const later = Date.now() + 1_000;
    await eventually(() => Date.now() > later);
    expect(entries()).toEqual({ a: active('x'), b: active('y') });
    release();
    await publisher.put('c', active('z'));
    await eventually(() => expect(entries()).toEqual({ a: active('x'), b: active('y'), c: active('z') }));
  }, 20_000);

  it('notices when the bucket alone was deleted', async () => {
    publisher = publish();
    watcher = watch();
    await watcher.ready;
    const manager = await owner.connection.jetstreamManager();
    await manager.streams.delete(`KV_${snapshot.bucket}`);
    await eventually(async () => (await manager.streams.info(`KV_${snapshot.bucket}`).catch(() => undefined))?.state.messages === 3);
    await publisher.put('c', active('z'));
    await eventually(() => watcher.get('c'));
    expect(watcher.size).toBe(3);
  }, 20_000);

  it('leaves out what does not fit its schema, and says so', async () => {
    publisher = publish();
    watcher = watch();
    await watcher.ready;
    const kv = await owner.connection.jetstream().views.kv(snapshot.bucket);
    await kv.put('a', '{"org":7}');
    await eventually(() => watcher.get('a') === undefined);
    expect(faults).toContainEqual(expect.objectContaining({ message: expect.stringContaining('the value of a') }));
    await expect(publisher.put('not a key', active('x'))).resolves.toBeUndefined();
    expect(faults).toContainEqual(expect.objectContaining({ message: expect.stringContaining('no key of a snapshot') }));
  });
});
