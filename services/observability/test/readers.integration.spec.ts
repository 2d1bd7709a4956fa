import { ensureStreams, logStream } from '@orrery/event-store';
import { authorityOf, busUsers, completeKeys } from '@orrery/nats';
import type { Running } from '@orrery/process';
import { logOf } from '@orrery/telemetry';
import { eventually, startNats } from '@orrery/testing';
import {
  AckPolicy,
  type ConsumerMessages,
  connect,
  credsAuthenticator,
  DeliverPolicy,
  Events,
  type JetStreamManager,
  type NatsConnection,
  type PubAck,
} from 'nats';
import { keepCopies } from '../src/application/copies.runner.ts';

jest.setTimeout(60_000);

type Nats = Awaited<ReturnType<typeof startNats>>;

const users = busUsers();
const stream = 'LOG_EXECUTION';
const orgSubject = 'log.execution.RunCompleted.org-a';

let nats: Nats;
let creds: Readonly<Record<string, string>>;
let copies: Running;
const connections = new Map<string, Promise<NatsConnection>>();

const enter = async (user: string): Promise<NatsConnection> => {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds[user]));
  const settings = { servers: nats.url, authenticator, inboxPrefix: `_INBOX_${user}`, reconnectTimeWait: 100, maxReconnectAttempts: -1 };
  return await connect(settings);
};

/** One connection for each user: to prove who one is takes a while. */
const as = (user: string): Promise<NatsConnection> => {
  const known = connections.get(user) ?? enter(user);
  connections.set(user, known);
  return known;
};

const managerOf = (connection: NatsConnection): Promise<JetStreamManager> => connection.jetstreamManager({ timeout: 2_000 });

beforeAll(async () => {
  const authority = await authorityOf(completeKeys(Object.keys(users)), users);
  creds = authority.creds;
  nats = await startNats({ config: authority.config });
  const [execution, observability] = [await as('execution'), await as('observability')];
  await ensureStreams(await managerOf(execution), [logStream('execution')]);
  for (const id of [1, 2, 3]) await publish(execution, id);
  copies = keepCopies({ nats: observability, log: logOf('observability'), everyMs: 200 });
  await eventually(async () => expect((await (await managerOf(await as('events'))).streams.info(stream)).state.messages).toBe(3));
}, 60_000);

afterAll(async () => {
  await copies?.stop();
  for (const connection of connections.values()) await (await connection).close();
  await nats?.stop();
});

const publish = (execution: NatsConnection, id: number): Promise<PubAck> =>
  execution.jetstream().publish(`${orgSubject}.run-${id}`, JSON.stringify({ id }), { msgID: `e${id}` });

const idsOf = async (messages: ConsumerMessages): Promise<number[]> => {
  const ids: number[] = [];
  for await (const message of messages) {
    ids.push(message.json<{ id: number }>().id);
    await message.ackAck();
  }
  return ids;
};

/** What the server forbade this connection so far. */
const deniedOf = (connection: NatsConnection): string[] => {
  const denied: string[] = [];
  void (async () => {
    for await (const { type, permissionContext } of connection.status()) {
      if (type === Events.Error && permissionContext) denied.push(permissionContext.subject);
    }
  })();
  return denied;
};

describe('a reader of events', () => {
  it('goes on where it stopped, with a durable of its own, and sees what is published next', async () => {
    const [execution, events] = [await as('execution'), await as('events')];
    const manager = await managerOf(events);
    await manager.consumers.add(stream, { durable_name: 'team', ack_policy: AckPolicy.Explicit, filter_subject: `${orgSubject}.>` });
    const durable = await events.jetstream().consumers.get(stream, 'team');
    expect(await idsOf(await durable.fetch({ max_messages: 2, expires: 5_000 }))).toEqual([1, 2]);
    await publish(execution, 4);
    const again = await events.jetstream().consumers.get(stream, 'team');
    expect(await idsOf(await again.fetch({ max_messages: 2, expires: 5_000 }))).toEqual([3, 4]);
  });

  it('follows in order without a durable, with the id by which repeats are known', async () => {
    const events = await as('events');
    const ordered = await events.jetstream().consumers.get(stream, { filterSubjects: `${orgSubject}.run-1` });
    const message = await ordered.next({ expires: 5_000 });
    expect([message?.json(), message?.headers?.get('Nats-Msg-Id')]).toEqual([{ id: 1 }, 'e1']);
  });

  it('cannot take, acknowledge or delete what a service consumes', async () => {
    const [billing, events] = [await as('billing'), await as('events')];
    const [platform, manager] = [await managerOf(billing), await managerOf(events)];
    await platform.consumers.add(stream, { durable_name: 'billing--charges', ack_policy: AckPolicy.Explicit, max_ack_pending: 10 });
    const charges = await billing.jetstream().consumers.get(stream, 'billing--charges');
    const first = await eventually(() => charges.next({ expires: 5_000 }));
    await expect(events.jetstream().consumers.get(stream, 'billing--charges')).rejects.toThrow('consumer not found');
    await expect(manager.consumers.delete(stream, 'billing--charges')).rejects.toThrow('consumer not found');
    await expect(events.request(`$JS.API.CONSUMER.MSG.NEXT.${stream}.billing--charges`, '', { timeout: 500 })).rejects.toThrow('TIMEOUT');
    const { deliveryCount, streamSequence, deliverySequence, timestampNanos, pending } = first.info;
    const delivery = [deliveryCount, streamSequence, deliverySequence, timestampNanos, pending].join('.');
    events.publish(`$JS.ACK.${stream}.billing--charges.${delivery}`, '+ACK');
    // Under the same name it would have one of its own, and that of the service would not know.
    await manager.consumers.add(stream, { durable_name: 'billing--charges', ack_policy: AckPolicy.None });
    await manager.consumers.delete(stream, 'billing--charges');
    await events.flush();
    expect(await platform.consumers.info(stream, 'billing--charges')).toMatchObject({ num_ack_pending: 1, ack_floor: { stream_seq: 0 } });
    expect(await first.ackAck()).toBe(true);
  });

  it('sees copies of logs and nothing else: no output, no snapshot, no dead letter', async () => {
    const [operator, events] = [await as('operator'), await as('events')];
    const platform = await managerOf(operator);
    for (const name of ['OUTPUT', 'DEAD']) await platform.streams.add({ name, subjects: [`${name.toLowerCase()}.>`] });
    await operator.jetstream().views.kv('identity-keys');
    const manager = await managerOf(events);
    expect(await manager.streams.names().next()).toEqual([stream]);
    for (const name of ['OUTPUT', 'DEAD', 'KV_identity-keys']) {
      await expect(manager.streams.info(name)).rejects.toThrow('stream not found');
      await expect(manager.consumers.add(name, { ack_policy: AckPolicy.None })).rejects.toThrow('stream not found');
    }
  });

  it('may publish nothing, change no stream and hear nobody', async () => {
    const events = await as('events');
    const denied = deniedOf(events);
    const acts = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT'].map((act) => `$JS.API.STREAM.${act}.${stream}`);
    const places = [
      'ask.identity.log-in',
      `${orgSubject}.run-1`,
      'tele.output.w.r',
      '$KV.identity-keys.x',
      'copy.events.x',
      '$JS.FC.LOG_EXECUTION.x',
      '$JS.ORRERY.API.CONSUMER.CREATE.LOG_EXECUTION',
      '$JS.API.STREAM.CREATE.MINE',
    ];
    for (const subject of [...acts, ...places]) events.publish(subject, '{}');
    const ears = ['log.>', 'ask.>', 'copy.events.>', '_INBOX_billing.>', '_INBOX_events', '>'];
    for (const subject of ears) events.subscribe(subject, { callback: () => undefined });
    await eventually(() => expect(denied).toEqual([...acts, ...places, ...ears]));
  });

  it('cannot have the server say for it what it may not say itself', async () => {
    const [operator, events] = [await as('operator'), await as('events')];
    const [platform, manager] = [await managerOf(operator), await managerOf(events)];
    const before = await platform.streams.info(stream);
    const heard: string[] = [];
    for (const subject of ['ask.>', 'log.>', 'agent.>']) operator.subscribe(subject, { callback: () => void heard.push(subject) });
    const door = `$JS.API.CONSUMER.CREATE.${stream}`;
    const knocks: string[] = [];
    operator.subscribe(door, { callback: (_error, message) => void knocks.push(message.string()) });
    await operator.flush();
    const imported = door.replace('$JS.API', '$JS.ORRERY.API');
    const evil = { deliver_subject: 'log.billing.Forged.org.s', deliver_policy: DeliverPolicy.All, ack_policy: AckPolicy.None };
    for (const [index, deliver_subject] of ['ask.identity.log-in', 'log.billing.X.org.s', 'agent.w.start', imported].entries()) {
      await manager.consumers.add(stream, { ...evil, durable_name: `aim-${index}`, deliver_subject });
    }
    // What JetStream answers about a consumer reads like a request for the same consumer.
    const create = JSON.stringify({ stream_name: stream, config: evil });
    const { name } = (await events.request(door, create, { timeout: 2_000 })).json<{ name: string }>();
    events.publish(`$JS.API.CONSUMER.INFO.${stream}.${name}`, '', { reply: imported });
    events.publish(door, create, { reply: imported });
    // Four events and two answers come through the one door there is, and nothing comes of them.
    await eventually(() => expect(knocks).toHaveLength(6));
    await operator.flush();
    expect(knocks.filter((knock) => knock.includes('log.billing.Forged'))).toHaveLength(2);
    expect(heard).toEqual([]);
    const after = await platform.streams.info(stream);
    expect([after.state.messages, after.state.consumer_count]).toEqual([before.state.messages, before.state.consumer_count]);
    for (const consumer of await manager.consumers.list(stream).next()) await manager.consumers.delete(stream, consumer.name);
  });

  it('can use up consumers of its own, and leaves the services theirs', async () => {
    const [billing, events] = [await as('billing'), await as('events')];
    const manager = await managerOf(events);
    const make = async (index: number) => manager.consumers.add(stream, { durable_name: `many-${index}`, ack_policy: AckPolicy.None });
    const made = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => make(index)));
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    expect(refused.length).toBeGreaterThan(50);
    expect(new Set(refused)).toEqual(new Set(['NatsError: maximum consumers limit reached']));
    const durable = { durable_name: 'billing--usage', ack_policy: AckPolicy.Explicit };
    await expect((await managerOf(billing)).consumers.add(stream, durable)).resolves.toMatchObject({ name: 'billing--usage' });
    for (const [index, { status }] of made.entries()) if (status === 'fulfilled') await manager.consumers.delete(stream, `many-${index}`);
  });
});

describe('the copy of a log', () => {
  const copiedMs = 180_000;

  const lastOf = async (events: NatsConnection): Promise<unknown> => {
    const ordered = await events.jetstream().consumers.get(stream, { deliver_policy: DeliverPolicy.Last });
    return (await ordered.next({ expires: 2_000 }))?.json();
  };

  it('goes on after the server was started again', async () => {
    await nats.restart();
    const [execution, events] = [await as('execution'), await as('events')];
    const isPublished = () => publish(execution, 50).then(Boolean, () => false);
    await eventually(isPublished, { within: 30_000 });
    // A copy that asked for its log too early asks again after five seconds, and later each time, up to two minutes.
    await eventually(async () => expect(await lastOf(events)).toEqual({ id: 50 }), { within: copiedMs });
  }, 240_000);

  it('begins again with a log that was lost', async () => {
    const [execution, events] = [await as('execution'), await as('events')];
    const platform = await managerOf(await as('operator'));
    await platform.streams.delete(stream);
    await ensureStreams(await managerOf(execution), [logStream('execution')]);
    await publish(execution, 60);
    await eventually(async () => expect(await lastOf(events)).toEqual({ id: 60 }), { within: copiedMs });
    expect((await (await managerOf(events)).streams.info(stream)).state.messages).toBe(1);
  }, 240_000);

  it('keeps events for as long as the log does', async () => {
    const [execution, events] = [await as('execution'), await as('events')];
    await ensureStreams(await managerOf(execution), [logStream('execution', { maxAgeMs: 3_600_000 })]);
    const ageOf = async () => (await (await managerOf(events)).streams.info(stream)).config.max_age;
    await eventually(async () => expect(await ageOf()).toBe(3_600_000 * 1_000_000));
    expect(await lastOf(events)).toEqual({ id: 60 });
  });

  it('is not missed where the bus knows no accounts', async () => {
    const plain = await startNats();
    const connection = await connect({ servers: plain.url });
    const said: unknown[] = [];
    const log = { ...logOf('observability'), warn: (...words: unknown[]) => void said.push(words) };
    const running = keepCopies({ nats: connection, log, everyMs: 20 });
    await eventually(() => expect(connection.stats().outMsgs).toBeGreaterThan(3));
    await running.stop();
    await connection.close();
    await plain.stop();
    expect(said).toEqual([]);
  });
});
