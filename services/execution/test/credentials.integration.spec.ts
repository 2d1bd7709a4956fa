import { randomUUID } from 'node:crypto';
import { execution } from '@orrery/contracts';
import { type Bus, connectBus } from '@orrery/messaging';
import { eventually } from '@orrery/testing';
import { connect, credsAuthenticator, type NatsConnection } from 'nats';
import { AgentCredentials } from '../src/application/agent-credentials.ts';
import { runId, workerId } from './facts.ts';
import { type Guard, startGuardedNats } from './world/guard.ts';

jest.setTimeout(30_000);

let world: Guard;
let platform: Bus;
const open: NatsConnection[] = [];

beforeAll(async () => {
  world = await startGuardedNats();
  platform = await connectBus({ url: world.nats.url, name: 'platform', ...world.entrance });
}, 60_000);
afterAll(async () => {
  for (const connection of open) await connection.close();
  await platform?.close();
  await world?.nats.stop();
});

const [mine, other] = [workerId(1), workerId(2)];

const keep = async (): Promise<void> => undefined;

const mint = async (lifeSeconds: number): Promise<string> => {
  const { ORRERY_NATS_ACCOUNT_SEED: seed, ORRERY_NATS_CREDS: ownCreds } = world.env;
  const credentials = await AgentCredentials.open({ natsUrl: world.nats.url, seed, ownCreds, lifeSeconds, keep });
  return (await credentials.renew(mine)) ?? '';
};

/** A machine's own connection, and what the server forbade it. */
const enter = async () => {
  const creds = await mint(3_600);
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const connection = await connect({ servers: world.nats.url, authenticator, inboxPrefix: `_INBOX_agent.${mine}` });
  open.push(connection);
  // Servers deliver in order: what has not come when the flush comes back was forbidden.
  const may = async (subject: string): Promise<boolean> => {
    let heard = 0;
    const listening = platform.connection.subscribe(subject, { callback: () => (heard += 1) });
    await platform.connection.flush();
    connection.publish(subject, '{}');
    await connection.flush();
    await platform.connection.flush();
    listening.unsubscribe();
    return heard > 0;
  };
  const hears = async (pattern: string, subject = pattern): Promise<boolean> => {
    let heard = 0;
    const listening = connection.subscribe(pattern, { callback: (error) => (heard += error ? 0 : 1) });
    await connection.flush();
    platform.connection.publish(subject, '{}');
    await platform.connection.flush();
    await connection.flush();
    if (!listening.isClosed()) listening.unsubscribe();
    return heard > 0;
  };
  return { connection, may, hears };
};

describe('the credentials of a machine', () => {
  it('open its own subjects', async () => {
    const { may, hears } = await enter();
    const subjects = [
      `ask.execution.beat-worker.${mine}`,
      `ask.execution.report-attempt.${mine}`,
      `ask.execution.renew-worker.${mine}`,
      `tele.output.${mine}.${runId()}`,
      `tele.metrics.${mine}`,
    ];
    for (const subject of subjects) expect([subject, await may(subject)]).toEqual([subject, true]);
    expect(await hears(`agent.${mine}.start`)).toBe(true);
  });

  it('open nothing else: not another machine’s subjects, no service, no stream, no inbox', async () => {
    const { may, hears } = await enter();
    const subjects = [
      `ask.execution.beat-worker.${other}`,
      `ask.execution.report-attempt.${other}`,
      `ask.execution.renew-worker.${other}`,
      'ask.execution.submit-run',
      'ask.identity.log-in',
      `tele.output.${other}.${runId()}`,
      `tele.metrics.${other}`,
      `agent.${other}.start`,
      `log.execution.RunCompleted.org.run-${runId()}`,
      '$JS.API.STREAM.DELETE.OUTPUT',
      `_INBOX_execution.${randomUUID()}`,
    ];
    for (const subject of subjects) expect([subject, await may(subject)]).toEqual([subject, false]);
    const patterns = [
      [`agent.${other}.start`, `agent.${other}.start`],
      [`_INBOX_agent.${other}.x`, `_INBOX_agent.${other}.x`],
      ['log.>', 'log.x'],
      ['ask.>', 'ask.x'],
      ['>', 'agent.x'],
    ] as const;
    for (const [pattern, subject] of patterns) expect([pattern, await hears(pattern, subject)]).toEqual([pattern, false]);
  });

  it('let it answer who asks it', async () => {
    const { connection } = await enter();
    connection.subscribe(`agent.${mine}.start`, { callback: (_error, message) => void message.respond('yes') });
    await connection.flush();
    const answer = await platform.connection.request(`agent.${mine}.start`, 'may you?', { timeout: 2_000 });
    expect(answer.string()).toBe('yes');
  });

  it('end when their time is over: who is connected is sent away, and not let in again', async () => {
    const authenticator = credsAuthenticator(new TextEncoder().encode(await mint(1)));
    const settings = { servers: world.nats.url, authenticator, inboxPrefix: `_INBOX_agent.${mine}` };
    const connection = await connect({ ...settings, reconnect: false });
    open.push(connection);
    await expect(connection.closed()).resolves.toMatchObject({ code: 'AUTHENTICATION_EXPIRED' });
    const refusal = async (): Promise<string> => {
      try {
        open.push(await connect({ ...settings, reconnect: false }));
        return '';
      } catch (error) {
        return String(error);
      }
    };
    // Servers count in whole seconds.
    await eventually(async () => expect(await refusal()).toContain('Authorization Violation'));
  });

  it('are none where the bus asks for none', async () => {
    const credentials = await AgentCredentials.open({ natsUrl: world.nats.url, lifeSeconds: 60, keep });
    expect(await credentials.mint(execution.WorkerId.parse(mine))).toBeNull();
  });
});
