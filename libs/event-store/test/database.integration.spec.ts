import { type FreshDatabase, freshDatabase } from '@orrery/testing';
import { type DatabaseOptions, migrate, openDatabase } from '../src/index.ts';

const first = { number: 1, name: 'first', up: 'CREATE TABLE firsts (n int)' };
const second = { number: 2, name: 'second', up: 'CREATE TABLE seconds (n int); INSERT INTO firsts VALUES (2)' };
const broken = { number: 3, name: 'broken', up: 'INSERT INTO firsts VALUES (3); SELECT nonsense' };

describe('a database', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase('migrated');
  }, 30_000);
  afterAll(() => database.drop());

  const migrated = async (migrations: DatabaseOptions['migrations'] = [], url = database.url): Promise<readonly string[]> => {
    const dataSource = await openDatabase({ url, applicationName: 'test', migrations });
    try {
      return await migrate(dataSource);
    } finally {
      await dataSource.destroy();
    }
  };

  it('is migrated forward: first the tables of the store, then those of its service, each once', async () => {
    expect(await migrated([first])).toEqual(['event-store-0000000000001', 'first-0000001000001']);
    expect(await migrated([first, second])).toEqual(['second-0000001000002']);
    expect(await migrated([second, first])).toEqual([]);
  });

  it('is migrated by one process where several start together', async () => {
    const third = { number: 4, name: 'slow', up: 'SELECT pg_sleep(0.2); CREATE TABLE slows (n int)' };
    const all = await Promise.all(Array.from({ length: 4 }, () => migrated([first, second, third])));
    expect(all.flat()).toEqual(['slow-0000001000004']);
  });

  it('is left as it was by a migration that fails', async () => {
    await expect(migrated([first, second, broken])).rejects.toThrow('nonsense');
    const dataSource = await openDatabase({ url: database.url, applicationName: 'test' });
    expect(await dataSource.query('SELECT n FROM firsts')).toEqual([{ n: 2 }]);
    await dataSource.destroy();
  });

  it('is created where there is none, by one of those who need it', async () => {
    const url = new URL(database.url);
    url.pathname = `${url.pathname}_"new"`;
    const opened = await Promise.all(Array.from({ length: 3 }, () => openDatabase({ url: url.href, applicationName: 'test' })));
    expect(await opened[0]?.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await Promise.all(opened.map((one) => one.destroy()));
    const cleaning = await openDatabase({ url: database.url, applicationName: 'test' });
    await cleaning.query(`DROP DATABASE "${decodeURIComponent(url.pathname.slice(1)).replaceAll('"', '""')}" WITH (FORCE)`);
    await cleaning.destroy();
  });

  it('that cannot be reached says so soon', async () => {
    await expect(openDatabase({ url: 'postgres://postgres@127.0.0.1:1/nowhere', applicationName: 'test' })).rejects.toThrow('ECONNREFUSED');
  });
});
