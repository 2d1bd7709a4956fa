import { randomUUID } from 'node:crypto';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { facts } from './facts.ts';
import { World } from './world/world.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.start({ ORRERY_LEASE_SECONDS: '4', ORRERY_SILENCE_SECONDS: '2' });
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

const machineOf = async (workerId: string): Promise<execution.WorkerView> => {
  const { items } = await world.get(execution.ListWorkers, {}, { principal: { kind: 'operator', id: 'op' } });
  return items.find(({ id }) => id === workerId) ?? Promise.reject(new Error('unknown machine'));
};

describe('a machine', () => {
  it('is shown with what it has and what runs on it', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    await agent.holds(run.id);
    expect(await machineOf(agent.workerId)).toMatchObject({
      name: 'machine',
      status: 'online',
      runs: 1,
      used: { cpuMilli: 1_000, memoryMib: 512, gpus: 0 },
      facts: facts(),
    });
  });

  it('that falls silent is offline, and online again when it is heard', async () => {
    const agent = await world.machine();
    agent.stopBeating();
    await eventually(async () => expect(await machineOf(agent.workerId)).toMatchObject({ status: 'offline' }));
    await agent.beat();
    expect(await machineOf(agent.workerId)).toMatchObject({ status: 'online' });
  });

  it('says what it has when it begins to beat', async () => {
    const agent = await world.machine();
    await agent.beat(facts({ cpuMilli: 64_000 }));
    expect(await machineOf(agent.workerId)).toMatchObject({ facts: { cpuMilli: 64_000 } });
  });

  it('is put aside and back by different keys only', async () => {
    const { workerId } = await world.machine();
    const context = { principal: { kind: 'operator', id: 'op' }, commandId: `key-${randomUUID()}`, idempotent: true } as const;
    expect(await world.get(execution.CordonWorker, { workerId, cordoned: true }, context)).toMatchObject({ id: workerId });
    const back = await world.ask(execution.CordonWorker, { workerId, cordoned: false }, context);
    expect(back).toMatchObject({ accepted: false, rejection: { code: 'IdempotencyKeyReused' } });
  });

  it('joins once with its token, and again only with the same request', async () => {
    const token = await world.token();
    const nobody = { principal: { kind: 'nobody' }, commandId: 'join-1', idempotent: true } as const;
    const joined = await world.get(execution.JoinWorker, { token, facts: facts() }, nobody);
    expect(joined).toMatchObject({ natsCreds: null, natsUrl: world.nats.url });
    expect(await world.get(execution.JoinWorker, { token, facts: facts() }, nobody)).toEqual(joined);
    await world.get(execution.CordonWorker, { workerId: joined.workerId }, { principal: { kind: 'operator', id: 'op' } });
    const again = await world.ask(execution.JoinWorker, { token, facts: facts() }, { principal: { kind: 'nobody' } });
    expect(again).toMatchObject({ accepted: false, rejection: { code: 'BadJoinToken' } });
    const forged = await world.ask(
      execution.JoinWorker,
      { token: `${token.slice(0, -2)}xx`, facts: facts() },
      { principal: { kind: 'nobody' } },
    );
    expect(forged).toMatchObject({ accepted: false, rejection: { code: 'BadJoinToken' } });
  });

  it('keeps its secrets out of the log and the tables', async () => {
    const token = await world.token();
    const secret = token.split('_').at(-1) ?? token;
    const { rows } = await world.pool.query(
      `SELECT count(*)::int AS found FROM (SELECT data::text AS t FROM events UNION ALL SELECT answer FROM once) x WHERE strpos(t, $1) > 0`,
      [secret],
    );
    expect(rows).toEqual([{ found: 0 }]);
  });
});

describe('an attempt', () => {
  it('goes to another machine when its lease has ended, and its first machine is told to kill it', async () => {
    const first = await world.machine();
    const run = await world.submit();
    const held = await first.holds(run.id);
    await first.begin(held);
    first.stopBeating();
    const second = await world.machine();
    const again = await second.holds(run.id, 2);
    expect(again.spec).toMatchObject({ attempt: 2, epoch: 2 });
    await second.begin(again);
    expect(await first.report(held, { kind: 'ended' })).toMatchObject({
      accepted: false,
      rejection: { code: 'StaleEpoch', details: { epoch: 2 } },
    });
    await first.beat();
    expect(first.killed).toEqual([{ runId: run.id, attempt: 1, epoch: 1 }]);
    await second.finish(again, { ranMs: 11 });
    expect(await world.run(run.id)).toMatchObject({ status: 'completed', attempt: 2, ranMs: 11, workerId: second.workerId });
    expect(await world.types(run.id)).toEqual([
      'RunSubmitted',
      'RunPlaced',
      'RunStarted',
      'RunAttemptLost',
      'RunPlaced',
      'RunStarted',
      'RunCompleted',
    ]);
  });

  it('stays where it is as long as its machine beats', async () => {
    const agent = await world.machine();
    const run = await world.submit({ timeoutSeconds: 600 });
    const held = await agent.holds(run.id);
    await agent.begin(held);
    const until = Date.now() + 7_000;
    await eventually(() => Date.now() > until, { within: 10_000, every: 500 });
    expect(await world.run(run.id)).toMatchObject({ status: 'running', attempt: 1 });
    await agent.finish(held);
  });

  it('that its machine forgot is lost after a while, and tried again', async () => {
    const agent = await world.machine();
    const run = await world.submit();
    const held = await agent.holds(run.id);
    await agent.begin(held);
    agent.held.delete(run.id);
    expect((await agent.holds(run.id, 2)).spec.epoch).toBe(2);
  });

  it('that nobody took leaves a machine that was never there as soon as that is known', async () => {
    const gone = await world.machine();
    await gone.vanish();
    const run = await world.submit();
    await world.status(run.id, 'starting');
    const agent = await world.machine();
    await agent.holds(run.id, 2);
    const { items } = await world.get(execution.GetRunHistory, { runId: run.id });
    expect(items.find(({ type }) => type === 'RunAttemptLost')?.data).toMatchObject({
      reason: 'start-failed',
      message: 'its machine was not there',
    });
  });

  it('that a machine refuses is tried elsewhere, a bounded number of times', async () => {
    const refusing = await world.machine({ cpuMilli: 1_000 });
    refusing.answer = 'refuse';
    const run = await world.submit();
    expect(await world.status(run.id, 'system_failure')).toMatchObject({ attempt: 3, reason: 'start-failed', ranMs: 0 });
    expect(refusing.startsAsked).toBe(3);
  });

  it('whose answer was lost is offered again and begun once', async () => {
    const agent = await world.machine();
    agent.answer = 'silence';
    const run = await world.submit();
    await eventually(() => agent.startsAsked === 1);
    agent.answer = 'accept';
    const held = await agent.holds(run.id);
    expect(held.spec).toMatchObject({ attempt: 1, epoch: 1 });
    await agent.begin(held);
    await agent.finish(held);
    expect(await world.run(run.id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('given by a scheduler that has been replaced is refused by the database', async () => {
    const insert = `INSERT INTO attempt_leases (run_id, epoch, worker_id, expires_at, term)
      SELECT gen_random_uuid(), 1, gen_random_uuid(), now(), fence + $1 FROM leadership WHERE name = 'scheduler'`;
    await expect(world.pool.query(insert, [0])).resolves.toMatchObject({ rowCount: 1 });
    await expect(world.pool.query(insert, [-1])).rejects.toMatchObject({ constraint: 'attempt_leases_term' });
  });
});

describe('the bus', () => {
  it('may be away for longer than a machine may be silent: nobody is blamed for that', async () => {
    const agent = await world.machine();
    const run = await world.submit({ timeoutSeconds: 600 });
    const held = await agent.holds(run.id);
    await agent.begin(held);
    await world.nats.stop();
    const until = Date.now() + 5_000;
    await eventually(() => Date.now() > until, { within: 10_000, every: 500 });
    await world.nats.restart();
    await eventually(async () => expect((await agent.beat()).accepted).toBe(true), { within: 20_000 });
    expect(await eventually(() => world.run(run.id), { within: 20_000 })).toMatchObject({ status: 'running', attempt: 1 });
    const { rows } = await world.pool.query('SELECT type FROM events WHERE stream = $1 ORDER BY version', [`worker-${agent.workerId}`]);
    expect(rows.map(({ type }) => type)).toEqual(['JoinTokenCreated.v1', 'WorkerJoined.v1']);
    await agent.finish(held);
  });
});
