import { observability as contracts } from '@orrery/contracts';
import { startNats } from '@orrery/testing';
import { AckPolicy, connect, credsAuthenticator, Events, type NatsConnection } from 'nats';
import { type Account, decode, encodeAccount, fromSeed } from 'nats-jwt';
import { authorityOf, busUsers, completeKeys } from '../src/index.ts';

type Nats = Awaited<ReturnType<typeof startNats>>;

describe('a bus with users', () => {
  const users = busUsers();
  const open: NatsConnection[] = [];
  let nats: Nats;
  let creds: Readonly<Record<string, string>>;
  let revoker: string;

  beforeAll(async () => {
    const authority = await authorityOf(completeKeys(Object.keys(users)), users);
    creds = authority.creds;
    revoker = authority.revoker;
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

  it('carries a service’s own facts to the durable consumer of another', async () => {
    const execution = await as('execution');
    const manager = await execution.jetstreamManager();
    await manager.streams.add({ name: 'LOG_EXECUTION', subjects: ['log.execution.>'] });
    await execution.jetstream().publish('log.execution.RunCompleted.org.run-1', '{"a":1}', { msgID: 'e1' });
    const billing = await as('billing');
    const durable = 'billing--runs';
    await (await billing.jetstreamManager()).consumers.add('LOG_EXECUTION', { durable_name: durable, ack_policy: AckPolicy.Explicit });
    const message = await (await billing.jetstream().consumers.get('LOG_EXECUTION', durable)).next({ expires: 5_000 });
    expect(message?.json()).toEqual({ a: 1 });
    await message?.ackAck();
  });

  it('shows a reader of events nothing of the platform, but what the platform copies for it', async () => {
    const [observability, events] = [await as('observability'), await as('events')];
    const readers = await events.jetstreamManager();
    await expect(readers.streams.names().next()).resolves.toEqual([]);
    const { manage: apiPrefix, source: api, delivery: deliver } = contracts.copies;
    const copies = await observability.jetstreamManager({ apiPrefix, checkAPI: false });
    await copies.streams.add({ name: 'LOG_EXECUTION', mirror: { name: 'LOG_EXECUTION', external: { api, deliver } } });
    const ordered = await events.jetstream().consumers.get('LOG_EXECUTION', { filterSubjects: 'log.execution.*.org.>' });
    expect((await ordered.next({ expires: 10_000 }))?.json()).toEqual({ a: 1 });
  });

  it('lets the revoker shut out one user of the platform, while the others and the copies for readers go on', async () => {
    const authenticator = credsAuthenticator(new TextEncoder().encode(revoker));
    const boss = await connect({ servers: nats.url, authenticator, inboxPrefix: '_INBOX_revoker', maxReconnectAttempts: 0 });
    open.push(boss);
    const [catalog, execution, events] = [await as('catalog'), await as('execution'), await as('events')];
    const blockOf = (title: string): string => revoker.split(`-----BEGIN ${title}-----\n`)[1]?.split('\n')[0] ?? '';
    const claims = decode<Account>(blockOf('NATS ACCOUNT JWT'));
    const shutOut = decode(creds.catalog?.split('\n')[1] ?? '').sub;
    const next = { ...claims.nats, revocations: { [shutOut]: Math.floor(Date.now() / 1_000) } };
    const signer = fromSeed(new TextEncoder().encode(blockOf('OPERATOR SIGNING SEED')));
    const token = await encodeAccount(claims.name, claims.sub, next, { signer });
    const answer = await boss.request(`$SYS.REQ.ACCOUNT.${claims.sub}.CLAIMS.UPDATE`, token, { timeout: 5_000 });
    expect(answer.json()).toMatchObject({ data: { code: 200 } });
    await catalog.closed();
    await expect(as('catalog')).rejects.toThrow('Authorization Violation');
    await execution.jetstream().publish('log.execution.RunCompleted.org.run-2', '{"a":2}', { msgID: 'e2' });
    const ordered = await events.jetstream().consumers.get('LOG_EXECUTION', { filterSubjects: 'log.execution.*.org.run-2' });
    expect((await ordered.next({ expires: 15_000 }))?.json()).toEqual({ a: 2 });
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
    const watch = await read.watch();
    for await (const entry of watch) {
      expect(entry.string()).toBe('v');
      break;
    }
    await expect(read.put('k', 'forged')).rejects.toThrow();
  });
});
