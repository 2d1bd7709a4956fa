import { Redis } from 'ioredis';
import { connect, type NatsConnection } from 'nats';
import pg from 'pg';
import { eventually, freshDatabase, startNats, startPostgres, startRedis } from '../src/index.ts';

const query = async (url: string, statement: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
};

const withNats = async <T>(url: string, use: (connection: NatsConnection) => Promise<T>): Promise<T> => {
  const connection = await connect({ servers: url });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
};

describe('a fresh database', () => {
  it('is empty, its own, durable and gone when dropped', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    await query(one.url, 'CREATE TABLE things (id int)');
    expect(await query(other.url, "SELECT to_regclass('things') AS found")).toEqual([{ found: null }]);
    expect(await query(one.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(query(one.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });
});

describe('a NATS server of one test file', () => {
  const publish = (url: string): Promise<unknown> =>
    withNats(url, async (connection) => {
      await (await connection.jetstreamManager()).streams.add({ name: 'S', subjects: ['s'] });
      return connection.jetstream().publish('s', 'kept');
    });
  const streams = (url: string): Promise<string[]> =>
    withNats(url, async (connection) => {
      const names: string[] = [];
      for await (const name of (await connection.jetstreamManager()).streams.names()) names.push(name);
      return names;
    });

  it('keeps its port and its streams over kill -9, and loses the streams when wiped', async () => {
    const nats = await startNats();
    expect(nats.port < 32_768 || nats.port > 60_999).toBe(true);
    await publish(nats.url);
    await nats.kill9();
    expect(nats.isRunning()).toBe(false);
    await nats.restart();
    expect(await streams(nats.url)).toEqual(['S']);
    await nats.wipe();
    expect(await streams(nats.url)).toEqual([]);
    await nats.stop();
    expect(nats.isRunning()).toBe(false);
  });
});

describe('a Redis of one test file', () => {
  it('answers, and answers again after kill -9', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    client.on('error', () => undefined);
    await client.set('a', '1');
    await redis.kill9();
    await redis.restart();
    await eventually(async () => (await client.ping()) === 'PONG');
    client.disconnect();
    await redis.stop();
  });
});

describe('a PostgreSQL of one test file', () => {
  it('keeps what was committed over kill -9', async () => {
    const postgres = await startPostgres();
    await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS id');
    await postgres.kill9();
    await postgres.restart();
    expect(await query(postgres.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
    await postgres.stop();
  });
});
