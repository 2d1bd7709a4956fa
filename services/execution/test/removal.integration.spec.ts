import { randomUUID } from 'node:crypto';
import { execution, instantOf, type Operation, type OutputOf, type RequestOf } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { facts, workerId as someWorkerId } from './facts.ts';
import { FakeAgent } from './world/fake-agent.ts';
import { Reader } from './world/reader.ts';
import { World } from './world/world.ts';

jest.setTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.start({ ORRERY_LEASE_SECONDS: '4', ORRERY_SILENCE_SECONDS: '2' });
}, 60_000);
afterEach(() => world.tidy(), 40_000);
afterAll(() => world.close(), 30_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;
const nobody = { principal: { kind: 'nobody' } } as const;
const ordered = <X extends Operation>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>> => world.get(operation, input, operator);
const unknown = { accepted: false, rejection: { code: 'WorkerNotFound' } };

const samplesOf = async (worker: string): Promise<number> => {
  const { rows } = await world.telemetry.query(`SELECT FROM metric_series WHERE labels->>'worker' = $1`, [worker]);
  return rows.length;
};

const sample = (agent: FakeAgent) => ({
  workerId: agent.workerId,
  hostname: 'machine',
  samples: [{ name: 'systemCpuUsagePercent', at: instantOf(Date.now()), value: 12.5 }],
});

describe('a machine that is removed', () => {
  it('is not believed any more, whatever it can still say: the run goes to another and ends as that one tells', async () => {
    const thief = await world.machine();
    const run = await world.submit();
    const stolen = await thief.holds(run.id);
    await thief.begin(stolen);
    await thief.print(stolen, 'said before\n');
    await eventually(async () => expect(await world.storedOutput(run.id)).toBe('said before\n'));
    const reader = await Reader.open(world, { runId: run.id });
    await eventually(() => expect(reader.text).toBe('said before\n'));

    await ordered(execution.RemoveWorker, { workerId: thief.workerId });
    expect(await thief.report(stolen, { kind: 'ended' })).toMatchObject(unknown);
    expect(await thief.beat()).toMatchObject(unknown);
    expect(await thief.ask(execution.RenewWorker, {})).toMatchObject(unknown);
    // Nothing keeps it, though a live view that looked just before may show what comes within a second.
    await thief.print(stolen, 'forged\n');
    await thief.publish(`tele.metrics.${thief.workerId}`, sample(thief));

    const honest = await world.machine();
    const again = await honest.holds(run.id, 2);
    await honest.begin(again);
    await honest.print(again, 'true\n');
    await thief.print(stolen, 'forged again\n');
    await honest.print(again, 'and no more\n');
    await honest.finish(again, { exitCode: 0 });
    expect(await world.status(run.id, 'completed')).toMatchObject({ attempt: 2, workerId: honest.workerId });
    await honest.publish(`tele.metrics.${honest.workerId}`, sample(honest));
    await eventually(async () => expect(await samplesOf(honest.workerId)).toBe(1));
    await eventually(() => expect(reader.isDone).toBe(true));
    const all = 'said before\ntrue\nand no more\n';
    expect(reader.text.replace('forged\n', '')).toBe(all);
    // Output is stored in the order in which it was heard: nothing forged is still to come when the last line is there.
    await eventually(async () => expect(await world.storedOutput(run.id)).toBe(all));
    expect(await samplesOf(thief.workerId)).toBe(0);
  });

  it('is shown no more, takes nothing, and is not let in again', async () => {
    const { workerId } = await world.machine();
    const { token } = await ordered(execution.CreateRejoinToken, { workerId });
    await ordered(execution.RemoveWorker, { workerId });
    await ordered(execution.RemoveWorker, { workerId });
    const { items } = await ordered(execution.ListWorkers, {});
    expect(items.map(({ id }) => id)).not.toContain(workerId);
    expect(await world.ask(execution.CordonWorker, { workerId }, operator)).toMatchObject(unknown);
    expect(await world.ask(execution.CreateRejoinToken, { workerId }, operator)).toMatchObject(unknown);
    const join = await world.ask(execution.JoinWorker, { token, facts: facts() }, nobody);
    expect(join).toMatchObject({ accepted: false, rejection: { code: 'BadJoinToken' } });
    expect(await world.ask(execution.RemoveWorker, { workerId: someWorkerId(77) }, operator)).toMatchObject(unknown);
  });

  it('was perhaps only expected: its token is good for nothing then', async () => {
    const { tokenId, token } = await ordered(execution.CreateJoinToken, { name: 'stolen on the way' });
    await ordered(execution.RemoveWorker, { workerId: execution.WorkerId.parse(tokenId) });
    const join = await world.ask(execution.JoinWorker, { token, facts: facts() }, nobody);
    expect(join).toMatchObject({ accepted: false, rejection: { code: 'BadJoinToken' } });
  });
});

describe('a machine that was away for too long', () => {
  it('joins again as itself, with a token that is made for it, and once', async () => {
    const agent = await world.machine();
    const { workerId } = agent;
    const { token } = await ordered(execution.CreateRejoinToken, { workerId });
    const more = facts({ cpuMilli: 96_000 });
    const joined = await world.get(execution.JoinWorker, { token, facts: more }, { ...nobody, commandId: randomUUID() });
    expect(joined).toMatchObject({ workerId, name: 'machine' });
    const { items } = await ordered(execution.ListWorkers, {});
    expect(items.find(({ id }) => id === workerId)).toMatchObject({ facts: { cpuMilli: 96_000 }, status: 'online' });
    const again = await world.ask(execution.JoinWorker, { token, facts: more }, { ...nobody, commandId: randomUUID() });
    expect(again).toMatchObject({ accepted: false, rejection: { code: 'BadJoinToken' } });
    const run = await world.submit();
    await agent.finish(await agent.holds(run.id));
  });
});
