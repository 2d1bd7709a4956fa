import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execution } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { connect, credsAuthenticator, type NatsConnection } from 'nats';
import { facts } from './facts.ts';
import { FakeAgent } from './world/fake-agent.ts';
import { type Guard, startGuardedNats } from './world/guard.ts';
import { World } from './world/world.ts';

jest.setTimeout(90_000);

let guard: Guard;
let world: World;
const open: NatsConnection[] = [];
beforeAll(async () => {
  guard = await startGuardedNats();
  world = await World.start({}, guard);
}, 90_000);
afterAll(async () => {
  for (const connection of open) await connection.close();
  await world.close();
}, 30_000);

const operator = { principal: { kind: 'operator', id: 'op' } } as const;

interface Machine {
  readonly agent: FakeAgent;
  readonly creds: string;
}

const machine = async (): Promise<Machine> => {
  const nobody = { principal: { kind: 'nobody' }, commandId: randomUUID() } as const;
  const joined = await world.get(execution.JoinWorker, { token: await world.token(), facts: facts() }, nobody);
  const creds = joined.natsCreds ?? '';
  const path = join(guard.nats.dir, `${joined.workerId}.creds`);
  writeFileSync(path, creds);
  const agent = world.adopt(await FakeAgent.connect(joined.natsUrl, joined.workerId, path));
  expect(await agent.beat()).toMatchObject({ accepted: true });
  return { agent, creds };
};

const enter = async (creds: string): Promise<NatsConnection> => {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const connection = await connect({ servers: guard.nats.url, authenticator, reconnect: false });
  open.push(connection);
  return connection;
};

const refusal = async (creds: string): Promise<string> => {
  try {
    await enter(creds);
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('a machine that is removed', () => {
  it('is cut off by the bus at once, with all it ever got, and nobody else is', async () => {
    const [thief, honest] = [await machine(), await machine()];
    const renewal = await thief.agent.ask(execution.RenewWorker, {});
    const renewed = renewal.accepted ? (renewal.value.natsCreds ?? '') : '';
    const stolen = [await enter(thief.creds), await enter(renewed)];
    const bystander = await enter(honest.creds);

    await world.get(execution.RemoveWorker, { workerId: thief.agent.workerId }, operator);
    await Promise.all(stolen.map((connection) => connection.closed()));
    for (const creds of [thief.creds, renewed]) expect(await refusal(creds)).toContain('Authorization Violation');

    expect(bystander.isClosed()).toBe(false);
    expect(await honest.agent.beat()).toMatchObject({ accepted: true });
    const run = await world.submit();
    await honest.agent.begin(await honest.agent.holds(run.id));
  });

  it('stays out when the servers of the bus are started again, which forget it', async () => {
    const thief = await machine();
    await world.get(execution.RemoveWorker, { workerId: thief.agent.workerId }, operator);
    expect(await refusal(thief.creds)).toContain('Authorization Violation');
    await guard.nats.restart();
    await eventually(async () => expect(await refusal(thief.creds)).toContain('Authorization Violation'), { within: 30_000 });
    const honest = await machine();
    expect(await honest.agent.beat()).toMatchObject({ accepted: true });
  });
});

describe('the right to turn machines away', () => {
  it('is the right to nothing else', async () => {
    const revoker = await enter(readFileSync(guard.env['ORRERY_NATS_REVOKER'] ?? '', 'utf8'));
    const denied: string[] = [];
    void (async () => {
      for await (const { permissionContext } of revoker.status()) if (permissionContext) denied.push(permissionContext.subject);
    })();
    const subjects = ['$SYS.REQ.SERVER.PING', '$SYS.REQ.ACCOUNT.ADOTHER.CLAIMS.UPDATE', '$SYS.REQ.CLAIMS.DELETE', 'ask.identity.log-in'];
    for (const subject of subjects) revoker.publish(subject, '{}');
    revoker.subscribe('$SYS.>', { callback: () => undefined });
    await eventually(() => expect(denied).toEqual([...subjects, '$SYS.>']));
  });
});
