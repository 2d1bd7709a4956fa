import { randomUUID } from 'node:crypto';
import { billing as contracts } from '@orrery/contracts';
import { type Bus, connectBus, refuse } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { asOperator, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import pg from 'pg';
import { billing } from '../src/index.ts';
import { startRevocations } from './world/revocations.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let bus: Bus;
let runs: Awaited<ReturnType<typeof startRevocations>>;
let pool: pg.Pool;
let replicas: readonly Started[] = [];

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('billing')]);
  bus = await connectBus({ url: nats.url, name: 'execution' });
  runs = await startRevocations(bus);
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  // Dropping the database at the end cuts what is idle here.
  pool.on('error', () => undefined);
  const env = {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_BILLING_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '22'.repeat(32),
  };
  const first = await startAll([billing], env);
  replicas = [first, await startAll([billing], env)];
}, 60_000);

afterEach(async () => {
  await pool.query('TRUNCATE open_meters, balances, entries');
  runs.asked.length = 0;
});

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await runs.stop();
  await pool.end();
  await bus.close();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const balance = `INSERT INTO balances (org_id, currency, balance, granted, purchased, gifted, used, booked_inference, is_suspended, updated_at)
  SELECT id, 'EUR', $2, 0, 0, 0, 0, 0, false, now() FROM unnest($1::uuid[]) id`;
const meters = `INSERT INTO open_meters (run_id, org_id, started_at, nanos_per_second)
  SELECT gen_random_uuid(), $1, now() - interval '1 minute', 10 FROM generate_series(1, $2)`;

/** Organizations that have this much credit and so many runs running for a minute, at ten nanos a second. */
const running = async (orgs: number, each: { readonly runs: number; readonly credit: number }): Promise<readonly string[]> => {
  const ids = Array.from({ length: orgs }, () => randomUUID());
  await pool.query(balance, [ids, each.credit]);
  for (const id of ids) await pool.query(meters, [id, each.runs]);
  return ids;
};

const askedOf = (orgId: string | undefined) => runs.asked.filter((asked) => asked.orgId === orgId);
const distinct = (asked: readonly { readonly runId: string }[]): number => new Set(asked.map(({ runId }) => runId)).size;

describe('work whose credit is used up', () => {
  it('is asked to end by one of all replicas, and not again at once', async () => {
    const [poor] = await running(1, { runs: 3, credit: 600 });
    const [rich] = await running(1, { runs: 1, credit: 100_000 });
    await eventually(() => distinct(askedOf(poor)) === 3);
    // Another organization comes later: whoever watches has looked again when its runs are asked for.
    const [later] = await running(1, { runs: 1, credit: 0 });
    await eventually(() => distinct(askedOf(later)) === 1);
    expect(askedOf(poor)).toHaveLength(3);
    expect(askedOf(rich)).toEqual([]);
    await eventually(async () => (await pool.query('SELECT FROM open_meters WHERE asked_at IS NOT NULL')).rowCount === 4);
  });

  it('is asked to end however much of it there is, and of however many', async () => {
    const many = await running(130, { runs: 1, credit: 0 });
    const [large] = await running(1, { runs: 700, credit: 0 });
    await eventually(() => distinct(runs.asked) === 830, { within: 20_000 });
    expect(new Set(runs.asked.map(({ orgId }) => orgId))).toEqual(new Set([...many, large]));
  });

  it('of one organization does not wait for all of another', async () => {
    const client = await pool.connect();
    // All of it appears at once, and the large one is first in every order of ids.
    await client.query('BEGIN');
    const [large, small] = ['00000000-0000-7000-8000-000000000001', 'ffffffff-0000-7000-8000-000000000001'];
    await client.query(balance, [[large, small], 0]);
    await client.query(meters, [large, 1_000]);
    await client.query(meters, [small, 2]);
    await client.query('COMMIT');
    client.release();
    await eventually(() => distinct(runs.asked) === 1_002, { within: 20_000 });
    const last = runs.asked.findLastIndex(({ orgId }) => orgId === small);
    expect(last).toBeLessThan(100);
  });
});

describe('whoever watches', () => {
  it('is followed by another replica, with a later term', async () => {
    const termOf = async () => (await pool.query<{ fence: string }>("SELECT fence FROM leadership WHERE name = 'watch'")).rows[0]?.fence;
    expect(await termOf()).toBe('1');
    const [first, ...others] = replicas;
    await first?.stop();
    replicas = others;
    const [poor] = await running(1, { runs: 1, credit: 0 });
    await eventually(() => distinct(askedOf(poor)) === 1);
    expect(await termOf()).toBe('2');
  });
});

describe('the ledger', () => {
  it('is compared account by account, however many there are', async () => {
    const ids = await running(1_100, { runs: 0, credit: 0 });
    const wrong = ids.toSorted()[1_050] ?? '';
    const uneven = ids.toSorted()[3] ?? '';
    const entry = 'INSERT INTO entries (transaction_id, account, org_id, amount) VALUES ($1, $2, $3, $4)';
    await pool.query(entry, [randomUUID(), 'credits', wrong, 5]);
    const odd = randomUUID();
    await pool.query(entry, [odd, 'grants', uneven, -7]);
    const outcome = await bus.ask(contracts.CheckLedger, {}, contextOf(asOperator));
    const { accounts, transactions, differences } = refuse(outcome).value;
    expect({ accounts, transactions }).toEqual({ accounts: 1_100, transactions: 2 });
    expect(differences).toEqual([
      { orgId: uneven, account: `transaction ${odd}`, balance: '0', entries: '-7' },
      { orgId: wrong, account: 'credits', balance: '0', entries: '5' },
      expect.objectContaining({ orgId: wrong, account: expect.stringContaining('transaction') }),
    ]);
  });
});
