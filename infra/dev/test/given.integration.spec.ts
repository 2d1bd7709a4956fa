import { createServer, type Socket } from 'node:net';
import { startNats, startPostgres, startRedis } from '@orrery/testing';
import pg from 'pg';
import { checkGiven, type Given } from '../src/finding/given.ts';

// Whole servers start here, on machines that may be busy.
jest.setTimeout(60_000);

const servers = { postgres: startPostgres(), nats: startNats(), redis: startRedis() };
const urls = async () => ({
  postgres: (await servers.postgres).url,
  nats: (await servers.nats).url,
  redis: (await servers.redis).url,
});
afterAll(async () => {
  for (const server of Object.values(servers)) await (await server).stop();
});

const complaint = (given: Given, environment: NodeJS.ProcessEnv = {}): Promise<string> =>
  checkGiven(given, environment).then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url);
  change(copy);
  return copy.href;
};

describe('servers that the environment names', () => {
  it('are taken where they let us in', async () => {
    await expect(checkGiven(await urls(), {})).resolves.toBeUndefined();
  });

  it('are all told of where their URLs are none, with no login', async () => {
    const said = await complaint({ postgres: 'mysql://u:hunter2@h/d', nats: 'hunter2@h', redis: 'redis:6379' });
    expect(said).toMatch(/ORRERY_POSTGRES_URL is not right.*\n.*ORRERY_NATS_URL is "…@h".*\n.*ORRERY_REDIS_URL is "redis:6379"/);
    expect(said).not.toContain('hunter2');
  });

  it('are told of where nothing listens', async () => {
    const said = await complaint({
      postgres: 'postgres://u:hunter2@127.0.0.1:9/x',
      nats: 'nats://127.0.0.1:9',
      redis: 'redis://127.0.0.1:9',
    });
    for (const name of ['POSTGRES', 'NATS', 'REDIS']) expect(said).toMatch(new RegExp(`nothing listens there .* mend ORRERY_${name}_URL`));
    expect(said).not.toContain('hunter2');
  });

  it('are told of where the login is wrong', async () => {
    const { postgres, redis } = await urls();
    const wrong = (url: string): string =>
      changed(url, (copy) => {
        copy.username ||= 'ada';
        copy.password = 'hunter2';
      });
    const said = await complaint({ postgres: wrong(postgres), redis: wrong(redis) });
    expect(said).toContain('Mend the user and the password in ORRERY_POSTGRES_URL');
    expect(said).toContain('Mend the user and the password in ORRERY_REDIS_URL');
    expect(said).not.toContain('hunter2');
  });

  it('are told of where the role may make no databases', async () => {
    const { postgres } = await urls();
    const client = new pg.Client({ connectionString: postgres });
    await client.connect();
    await client.query("CREATE ROLE visitor LOGIN PASSWORD 'pw'");
    await client.end();
    const visitor = changed(postgres, (copy) => {
      copy.username = 'visitor';
      copy.password = 'pw';
    });
    expect(await complaint({ postgres: visitor })).toMatch(/make no databases: ALTER ROLE … CREATEDB, or create orrery_\w+, /);
  });

  it('are told of where the credentials for the bus are no file', async () => {
    const { nats } = await urls();
    expect(await complaint({ nats }, { ORRERY_NATS_CREDS: '/no/such.creds' })).toContain(
      'ORRERY_NATS_CREDS must be the path of a .creds file',
    );
  });

  it('are told of within seconds where something listens and says nothing', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const at = (scheme: string): string => `${scheme}://127.0.0.1:${port}`;
    const began = performance.now();
    const said = await complaint({ postgres: at('postgres'), redis: at('redis') });
    expect(performance.now() - began).toBeLessThan(15_000);
    for (const name of ['POSTGRES', 'REDIS']) expect(said).toContain(`ORRERY_${name}_URL`);
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
});
