import { startNats } from '@orrery/testing';
import { AckPolicy, connect, credsAuthenticator, Events, type NatsConnection } from 'nats';
import { authorityOf, busUsers, completeKeys } from '../src/index.ts';

type Nats = Awaited<ReturnType<typeof startNats>>;

describe('a bus with users', () => {
  const users = busUsers();
  const open: NatsConnection[] = [];
  let nats: Nats;
  let creds: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const authority = await authorityOf(completeKeys(Object.keys(users)), users);
    creds = authority.creds;
    nats = await startNats({ config: authority.config });
    // Signing in plain JavaScript is slow on a busy machine.
  }, 30_000);

  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await nats.stop();
  });

  const as = async (user: string): Promise<NatsConnection> => {
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds[user]));
    const connection = await connect({ servers: nats.url, authenticator, inboxPrefix: `_INBOX_${user}`, maxReconnectAttempts: 0 });
    open.push(connection);
    return connection;
  };

  const violationOf = async (connection: NatsConnection): Promise<string> => {
    for await (const status of connection.status()) {
      if (status.type === Events.Error && status.permissionContext !== undefined) {
        return `${status.permissionContext.operation} ${status.permissionContext.subject}`;
      }
    }
    return 'closed';
  };

  it('refuses a stranger', async () => {
    await expect(connect({ servers: nats.url, maxReconnectAttempts: 0 })).rejects.toThrow('Authorization Violation');
  });

  it.each(Object.keys(users))('fits the credentials of %s into the control line of a server', (user) => {
    expect(creds[user]?.length).toBeLessThan(4_096);
  });

  it('does not let a service publish the facts of another', async () => {
    const billing = await as('billing');
    const violation = violationOf(billing);
    billing.publish('log.execution.RunCompleted.org.run-1', '{}');
    await expect(violation).resolves.toBe('publish log.execution.RunCompleted.org.run-1');
  });

  it('does not let a service listen to requests of another', async () => {
    const catalog = await as('catalog');
    const violation = violationOf(catalog);
    const stolen = catalog.subscribe('ask.identity.>');
    await expect(violation).resolves.toBe('subscription ask.identity.>');
    stolen.unsubscribe();
  });

  it('does not let a service listen to the answers to another', async () => {
    const catalog = await as('catalog');
    const violation = violationOf(catalog);
    const stolen = catalog.subscribe('_INBOX_gateway.>');
    await expect(violation).resolves.toBe('subscription _INBOX_gateway.>');
    stolen.unsubscribe();
  });

  it('carries a service’s own facts to the durable consumer of another, and to a reader', async () => {
    const execution = await as('execution');
    const manager = await execution.jetstreamManager();
    await manager.streams.add({ name: 'LOG_EXECUTION', subjects: ['log.execution.>'] });
    await execution.jetstream().publish('log.execution.RunCompleted.org.run-1', '{"a":1}', { msgID: 'e1' });
    for (const user of ['billing', 'events']) {
      const connection = await as(user);
      const durable = `${user}--runs`;
      await (await connection.jetstreamManager()).consumers.add('LOG_EXECUTION', {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
      });
      const message = await (await connection.jetstream().consumers.get('LOG_EXECUTION', durable)).next({ expires: 5_000 });
      expect(message?.json()).toEqual({ a: 1 });
      await message?.ackAck();
    }
  });

  it('lets a reader follow facts in order, and keeps the output of programs from it', async () => {
    const [execution, events] = await Promise.all([as('execution'), as('events')]);
    const manager = await execution.jetstreamManager();
    await manager.streams.add({ name: 'OUTPUT', subjects: ['tele.output.>'] });
    const ordered = await events.jetstream().consumers.get('LOG_EXECUTION', { filterSubjects: 'log.execution.*.org.>' });
    expect((await ordered.next({ expires: 5_000 }))?.json()).toEqual({ a: 1 });
    const denied = violationOf(events);
    await expect((await events.jetstreamManager()).consumers.add('OUTPUT', { ack_policy: AckPolicy.None, name: 'spy' })).rejects.toThrow();
    await expect(denied).resolves.toMatch(/^publish \$JS\.API\.CONSUMER\.CREATE\.OUTPUT/);
  });

  it('lets the gateway ask a service, and the service answer', async () => {
    const [gateway, identity] = await Promise.all([as('gateway'), as('identity')]);
    identity.subscribe('ask.identity.>', { queue: 'identity', callback: (_error, message) => message.respond('hello') });
    await identity.flush();
    const answer = await gateway.request('ask.identity.get-me', '', { timeout: 2_000 });
    expect(answer.string()).toBe('hello');
  });

  it('lets identity write a snapshot that the gateway watches', async () => {
    const [gateway, identity] = await Promise.all([as('gateway'), as('identity')]);
    const written = await identity.jetstream().views.kv('identity-keys');
    await written.put('k', 'v');
    const read = await gateway.jetstream({ timeout: 1_000 }).views.kv('identity-keys', { bindOnly: true });
    expect((await read.get('k'))?.string()).toBe('v');
    const watch = await read.watch();
    for await (const entry of watch) {
      expect(entry.string()).toBe('v');
      break;
    }
    await expect(read.put('k', 'forged')).rejects.toThrow();
  });
});
