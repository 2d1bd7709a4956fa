import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { execution as contracts } from '@orrery/contracts';
import { execution } from '@orrery/execution';
import { type Bus, connectBus, refuse } from '@orrery/messaging';
import { startAll } from '@orrery/process';
import { asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import pg from 'pg';

jest.setTimeout(120_000);

const root = resolve(__dirname, '../../..');
const program = join(root, 'infra/all/dist/keys.main.js');
const atOnce = 500;
const organizations = Array.from({ length: 12 }, () => randomUUID());
const textOf = (orgId: string, n: number): string => `${orgId} ${n}`;

/** A process that is killed in this test, so it is the built one. */
const build = async (): Promise<void> => {
  const tsc = join(root, 'node_modules/typescript-native/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-b', join(root, 'infra/all')], { timeout: 100_000 });
};

describe('The change of the key-encryption key', () => {
  const [first, second] = [randomBytes(32).toString('hex'), randomBytes(32).toString('base64')];
  let nats: Awaited<ReturnType<typeof startNats>>;
  let databases: readonly FreshDatabase[];
  let pool: pg.Pool;
  let bus: Bus;
  let env: NodeJS.ProcessEnv;

  const withKeys = (...keys: readonly string[]): Record<string, string> => ({
    ...(env as Record<string, string>),
    ORRERY_SEAL_KEYS: keys.join(','),
  });

  const serving = async (keys: readonly string[], work: () => Promise<void>): Promise<void> => {
    const started = await startAll([execution], withKeys(...keys));
    try {
      await work();
    } finally {
      await started.stop();
    }
  };
  const context = (orgId: string) => contextOf(asOwner(randomUUID()), { orgId });

  const launch = (words: readonly string[], ...keys: readonly string[]): { readonly child: ChildProcess; readonly said: () => string } => {
    const child = spawn(process.execPath, [program, ...words], { env: { PATH: process.env['PATH'], ...withKeys(...keys) } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data));
    return { child, said: () => text };
  };
  const run = async (words: readonly string[], ...keys: readonly string[]): Promise<{ readonly code: number; readonly lines: string }> => {
    const { child, said } = launch(words, ...keys);
    const [code] = await once(child, 'close');
    return { code, lines: said() };
  };
  /** How many data keys lie under each key. */
  const counts = async (): Promise<readonly number[]> => {
    const { rows } = await pool.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM variable_values GROUP BY split_part(sealed_key, '.', 1) ORDER BY count(*)`,
    );
    return rows.map((row) => Number(row.rows));
  };

  /** Holds the value at this place of the order meanwhile. */
  const holding = async (place: number, work: () => Promise<void>): Promise<void> => {
    const text = 'SELECT variable_id AS id FROM variable_values ORDER BY variable_id OFFSET $1 LIMIT 1';
    const [row] = (await pool.query<{ id: string }>(text, [place])).rows;
    const holder = await pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM variable_values WHERE variable_id = $1 FOR UPDATE', [row?.id]);
      await work();
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  };

  beforeAll(async () => {
    [nats, databases] = await Promise.all([startNats(), Promise.all([freshDatabase('execution'), freshDatabase('telemetry')]), build()]);
    const [own, telemetry] = databases;
    env = {
      ORRERY_POSTGRES_URL: own?.url,
      ORRERY_EXECUTION_DATABASE_URL: own?.url,
      ORRERY_TELEMETRY_DATABASE_URL: telemetry?.url,
      ORRERY_NATS_URL: nats.url,
      ORRERY_SECRET: randomBytes(32).toString('hex'),
      ORRERY_LOG_LEVEL: 'error',
    };
    pool = new pg.Pool({ connectionString: own?.url, max: 2 });
    pool.on('error', () => undefined);
    bus = await connectBus({ url: nats.url, name: 'gateway' });
    await serving([first], async () => {
      for (const orgId of organizations) {
        const variables = Array.from({ length: 100 }, (_, n) => ({ name: `N${n}`, value: textOf(orgId, n), isSecret: false }));
        refuse(await bus.ask(contracts.SetVariables, { variables }, context(orgId)));
      }
    });
  }, 120_000);

  afterAll(async () => {
    await bus?.close();
    await pool?.end();
    await nats?.stop();
    await Promise.all((databases ?? []).map((database) => database.drop()));
  });

  it('stops at what it cannot open, and names the key that it lacks', async () => {
    const { code, lines } = await run(['rotate', 'execution'], second);
    expect([code, lines]).toEqual([2, expect.stringMatching(/sealed under the key [0-9a-f]{16}, which this process does not hold/)]);
    expect(await counts()).toEqual([1_200]);
  });

  it('is killed halfway and repeated, and then everything opens without the key of before', async () => {
    expect((await run(['status', 'execution'], second, first)).code).toBe(1);
    // Somebody holds a row of the second batch, so that the command stands still there.
    await holding(700, async () => {
      const { child } = launch(['rotate', 'execution'], second, first);
      await eventually(async () => expect(await counts()).toEqual([atOnce, 1_200 - atOnce]), { within: 30_000 });
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    await eventually(async () => {
      const waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'orrery operator' AND datname = current_database()";
      expect((await pool.query(waiting)).rowCount).toBe(0);
    });
    expect((await run(['status', 'execution'], second, first)).code).toBe(1);
    const again = await run(['rotate', 'execution'], second, first);
    expect(again.code).toBe(0);
    expect(again.lines).toMatch(/"table":"variable_values","resealed":\d+/);
    expect(await counts()).toEqual([1_200]);
    expect((await run(['status', 'execution'], second)).code).toBe(0);
    await serving([second], async () => {
      for (const orgId of organizations) {
        const { items } = refuse(await bus.ask(contracts.ListVariables, { limit: 100 }, context(orgId))).value;
        const values = Object.fromEntries(items.map(({ name, value }) => [name, value]));
        expect(values).toEqual(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`N${n}`, textOf(orgId, n)])));
      }
    });
  });

  it('says which words it knows', async () => {
    for (const words of [[], ['burn'], ['rotate', 'nobody']]) {
      const { code, lines } = await run(words, first);
      expect([code, lines]).toEqual([2, expect.stringMatching(/npm run start -- keys|No service is named nobody/)]);
    }
  });
});
