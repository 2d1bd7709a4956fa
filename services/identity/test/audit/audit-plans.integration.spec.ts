import { randomUUID } from 'node:crypto';
import { auditFacts } from '@orrery/contracts';
import { migrate, openDatabase } from '@orrery/event-store';
import { type FreshDatabase, freshDatabase } from '@orrery/testing';
import type { DataSource } from 'typeorm';
import { identityMigrations } from '../../src/identity.module.ts';
import { type AuditWanted, auditQuery } from '../../src/views/audit/audit-query.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const rows = 200_000;
const scope = randomUUID();
const busy = randomUUID();
const actions = [...auditFacts.values()].map(({ action }) => action);

let database: FreshDatabase;
let source: DataSource;

/** Most of it in one trail; of everything there is what is common and what is rare. */
const fill = `
  INSERT INTO audit_entries (scope, id, at, action, outcome, actor_kind, actor_id, target_kind, target_id, request_id, details, source,
    awaits_origin, ip_mac)
  SELECT CASE WHEN n % 10 = 0 THEN gen_random_uuid() ELSE $1::uuid END, gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 minute',
    ($2::text[])[1 + n % $3], CASE WHEN n % 20000 = 1 THEN 'refused' ELSE 'granted' END, 'user',
    CASE WHEN n % 2 = 0 THEN $4 ELSE 'actor ' || n % 5000 END, 'run', 'target ' || n % 50000, 'r', '{}', 'identity', false, 'mac ' || n % 3000
  FROM generate_series(1, $5) AS n`;

beforeAll(async () => {
  database = await freshDatabase('audit');
  source = await openDatabase({ url: database.url, applicationName: 'test', migrations: identityMigrations });
  await migrate(source);
  await source.query(fill, [scope, actions, actions.length, busy, rows]);
  await source.query('VACUUM ANALYZE audit_entries');
}, 120_000);
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
}, 30_000);

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

const planOf = async (wanted: Partial<AuditWanted>): Promise<readonly Plan[]> => {
  const all = { scope, filter: {}, ipMac: undefined, limit: 51, cursor: undefined, ...wanted };
  const { text, values } = auditQuery(all, '*');
  const [row] = await source.query(`EXPLAIN (ANALYZE, TIMING off, FORMAT json) ${text}`, [...values]);
  return nodesOf(row['QUERY PLAN'][0].Plan);
};

const cursor = Buffer.from(JSON.stringify(['2026-03-01T00:00:00.000Z', randomUUID()])).toString('base64url');
const late = Buffer.from(JSON.stringify(['2026-01-02T00:00:00.000Z', randomUUID()])).toString('base64url');

describe('a page of a trail of 200,000 entries', () => {
  it.each<[string, Partial<AuditWanted>]>([
    ['the first', {}],
    ['one in the middle', { cursor }],
    ['one near the end', { cursor: late }],
    ['of a stretch of time', { filter: { from: '2026-02-01T00:00:00.000Z', to: '2026-02-02T00:00:00.000Z' } }],
    ['of one action', { filter: { action: 'run.submitted' } }],
    ['of actions that begin alike', { filter: { action: 'm' }, cursor }],
    ['of what was refused', { filter: { outcome: 'refused' } }],
    ['of somebody who did half of it', { filter: { actor: busy } }],
    ['of somebody who did little', { filter: { actor: 'actor 7' } }],
    ['of nobody who did anything', { filter: { actor: randomUUID() } }],
    ['of one target', { filter: { target: 'target 11' } }],
    ['of one address', { ipMac: 'mac 9' }],
    ['of one address that was never seen', { ipMac: 'mac x', cursor }],
    ['of one actor and target', { filter: { actor: 'actor 7', target: 'target 7' } }],
    ['of one actor and action', { filter: { actor: 'actor 9', action: 'run' } }],
  ])('%s is found by an index, and little else is looked at', async (_, wanted) => {
    const nodes = await planOf(wanted);
    const ofTable = nodes.filter((node) => node['Relation Name'] === 'audit_entries');
    expect(ofTable.length).toBeGreaterThan(0);
    for (const node of ofTable) expect(node['Node Type']).toMatch(/^Index (Only )?Scan$/);
    const touched = ofTable.map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']);
    expect(touched.reduce((sum, each) => sum + each, 0)).toBeLessThan(rows / 100);
  });
});
