import { randomUUID } from 'node:crypto';
import { execution, OrgId, type RequestOf } from '@orrery/contracts';
import pg from 'pg';
import { priorityOf } from '../src/application/scheduling/priority.ts';
import { World } from './world/world.ts';

jest.setTimeout(30_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;
const project = 'vision';

let world: World;
let pool: pg.Pool;
let org: OrgId;
beforeAll(async () => {
  world = await World.build();
  await world.serve();
  pool = new pg.Pool({ connectionString: world.env['ORRERY_EXECUTION_DATABASE_URL'], max: 1 });
}, 60_000);
beforeEach(() => {
  org = OrgId.parse(randomUUID());
});
afterAll(async () => {
  await pool.end();
  await world.close();
}, 30_000);

const setQuota = (input: RequestOf<typeof execution.SetQuota>) => world.get(execution.SetQuota, input, operator);

describe('quotas', () => {
  it('are set by operators alone, and listed as they are', async () => {
    expect(await world.ask(execution.SetQuota, { node: org })).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    await setQuota({ node: 'research', limitMilli: { a100: 16_000 } });
    const { quota, warnings } = await setQuota({ node: org, parent: 'research', guaranteedMilli: { a100: 4_500 }, weight: 2 });
    expect(quota).toMatchObject({ node: org, parent: 'research', guaranteedMilli: { a100: 4_500 }, limitMilli: {}, weight: 2 });
    expect(warnings).toEqual([
      'What is set of research names a100, and no connected machine has such a GPU.',
      `What is set of ${org} names a100, and no connected machine has such a GPU.`,
      expect.stringContaining('the connected machines have 0 a100'),
    ]);
    await setQuota({ node: `${org}/${project}` });
    const { items, warnings: again } = await world.get(execution.ListQuotas, {}, operator);
    expect(again).toEqual(warnings);
    expect(items.filter(({ node }) => node.startsWith(org)).map(({ node, parent }) => [node, parent])).toEqual([
      [org, 'research'],
      [`${org}/${project}`, org],
    ]);
    expect(await world.ask(execution.RemoveQuota, { node: org }, operator)).toMatchObject({
      rejection: { code: 'QuotaHasChildren', details: { children: 1 } },
    });
    await world.get(execution.RemoveQuota, { node: `${org}/${project}` }, operator);
    await world.get(execution.RemoveQuota, { node: org }, operator);
    expect((await world.get(execution.ListQuotas, {}, operator)).items.map(({ node }) => node)).toEqual(['research']);
  });

  it('are set once by a command that comes twice', async () => {
    const twice = { ...operator, commandId: randomUUID(), idempotent: true };
    const first = await world.get(execution.SetQuota, { node: org }, twice);
    await setQuota({ node: org, weight: 3 });
    expect(await world.get(execution.SetQuota, { node: org }, twice)).toEqual(first);
    expect(await world.ask(execution.SetQuota, { node: org, weight: 9 }, twice)).toMatchObject({
      rejection: { code: 'IdempotencyKeyReused' },
    });
    const { items } = await world.get(execution.ListQuotas, { limit: 500 }, operator);
    expect(items.find(({ node }) => node === org)?.weight).toBe(3);
  });
});

describe('a priority class', () => {
  const rankOf = (name: string, of: string | null = null) => priorityOf(pool, { orgId: org, project: of, name });

  it('may be asked for as high as the nearest quota says, and without one no higher than normal', async () => {
    await world.get(execution.SetPriorityClass, { name: 'urgent', rank: 10 }, operator);
    await world.get(execution.SetPriorityClass, { name: 'high', rank: 5 }, operator);
    await world.get(execution.SetPriorityClass, { name: 'idle', rank: -5 }, operator);
    expect(await rankOf('none')).toBeUndefined();
    expect(await rankOf('normal')).toEqual({ rank: 0, isAllowed: true });
    expect([await rankOf('high'), await rankOf('idle')]).toMatchObject([{ isAllowed: false }, { rank: -5, isAllowed: true }]);
    await setQuota({ node: 'production', highestClass: 'high' });
    await setQuota({ node: org, parent: 'production' });
    expect([await rankOf('high'), await rankOf('urgent')]).toMatchObject([{ rank: 5, isAllowed: true }, { isAllowed: false }]);
    expect(await rankOf('high', project)).toMatchObject({ isAllowed: true });
    await setQuota({ node: `${org}/${project}`, highestClass: 'urgent' });
    await setQuota({ node: org, parent: 'production', highestClass: 'normal' });
    expect([await rankOf('high'), await rankOf('urgent', project)]).toMatchObject([{ isAllowed: false }, { isAllowed: true }]);
  });

  it('is listed for whoever may look at runs', async () => {
    const { items } = await world.get(execution.ListPriorityClasses, {});
    expect(items).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'urgent', rank: 10 })]));
  });
});

describe('pools, promises and rules', () => {
  it('are kept as they were set last', async () => {
    await world.get(execution.SetPool, { name: 'batch', policy: 'pack' }, operator);
    expect((await world.get(execution.ListPools, {}, operator)).items).toMatchObject([{ name: 'batch', policy: 'pack' }]);
    await world.get(execution.RemovePool, { name: 'batch' }, operator);
    expect((await world.get(execution.ListPools, {}, operator)).items).toEqual([]);

    const promise = { orgId: org, model: 'a100', size: 8, count: 2 };
    const tooFew = ['In all 2 islands of at least 8 a100 are promised, and the connected machines have 0.'];
    expect(await world.get(execution.PromiseIslands, promise, operator)).toMatchObject({ promise, warnings: tooFew });
    const listed = await world.get(execution.ListPromisedIslands, {}, operator);
    expect(listed.items).toMatchObject([promise]);
    expect(listed.warnings).toEqual(expect.arrayContaining(tooFew));
    const withdrawn = await world.get(execution.PromiseIslands, { ...promise, count: 0 }, operator);
    expect(withdrawn).toMatchObject({ promise: { count: 0 }, warnings: [] });
    expect((await world.get(execution.ListPromisedIslands, {}, operator)).items).toEqual([]);

    expect(await world.get(execution.GetSchedulerRules, {}, operator)).toEqual({ ...execution.schedulerDefaults, warnings: [] });
    const changed = await world.get(execution.SetSchedulerRules, { maxPreemptions: 1 }, operator);
    expect(changed).toEqual({ ...execution.schedulerDefaults, maxPreemptions: 1, warnings: [] });
    expect(await world.get(execution.GetSchedulerRules, {}, operator)).toEqual(changed);
    const unkept = { reservations: 0, warnings: [expect.stringMatching(/^With 0 reservations no machines are kept/)] };
    expect(await world.get(execution.SetSchedulerRules, { reservations: 0 }, operator)).toMatchObject(unkept);
    expect(await world.get(execution.GetSchedulerRules, {}, operator)).toMatchObject(unkept);
  });
});

describe('a machine', () => {
  it('carries what operators say of it, and nothing of what they said before', async () => {
    const { workerId } = await world.machine();
    const traits = { labels: { zone: 'eu' }, pool: 'batch', rack: 'r1', nanosPerHour: null };
    expect(await world.get(execution.LabelWorker, { workerId, ...traits }, operator)).toMatchObject(traits);
    expect(await world.get(execution.LabelWorker, { workerId, rack: 'r2' }, operator)).toMatchObject({
      labels: {},
      pool: null,
      rack: 'r2',
    });
    const { items } = await world.get(execution.ListWorkers, {}, operator);
    expect(items.find(({ id }) => id === workerId)).toMatchObject({ rack: 'r2', nanosPerHour: null });
  });
});
