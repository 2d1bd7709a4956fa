import { freePort, type NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import type { JetStreamManager, NatsConnection } from 'nats';
import { commonStreams, ensureStreams, logStream } from '../src/index.ts';
import { connectTo } from './fixtures/bus.ts';

const replicas = 3;
const names = ['one', 'two', 'three'];

const configOf = (name: string, at: string, routes: readonly string[]): string =>
  [`server_name: ${name}`, `cluster { name: test, listen: "${at}", routes: ${JSON.stringify(routes)} }`].join('\n');

describe('The streams of a cluster', () => {
  let servers: readonly NatsServer[] = [];
  let nats: NatsConnection;
  let jsm: JetStreamManager;

  beforeAll(async () => {
    const at = await Promise.all(names.map(async () => `127.0.0.1:${await freePort()}`));
    const routes = at.map((each) => `nats://${each}`);
    servers = await Promise.all(names.map((name, index) => startNats({ config: configOf(name, at[index] ?? '', routes) })));
    nats = await connectTo(servers[0]?.url ?? '');
    // Which of them leads is decided when they have found each other.
    jsm = await eventually(() => nats.jetstreamManager(), { within: 40_000, every: 200 });
    await eventually(() => ensureStreams(jsm, [logStream('shop', { replicas }), ...commonStreams({ replicas })]), {
      within: 40_000,
      every: 200,
    });
  }, 90_000);
  afterAll(async () => {
    await nats?.close();
    await Promise.all(servers.map((server) => server.stop()));
  }, 30_000);

  const copies = async (): Promise<ReadonlySet<number>> =>
    new Set((await jsm.streams.list().next()).map(({ config }) => config.num_replicas));

  it('keep the copies that they were given, whoever mends them later and says nothing of copies', async () => {
    expect(await copies()).toEqual(new Set([replicas]));
    await ensureStreams(jsm, [logStream('shop', { maxAgeMs: 3_600_000 }), ...commonStreams()]);
    expect(await copies()).toEqual(new Set([replicas]));
  }, 60_000);
});
