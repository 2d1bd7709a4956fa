import { randomUUID } from 'node:crypto';
import {
  observability as contracts,
  type EventContract,
  execution,
  identity,
  type Operation,
  OrgId,
  type OutputOf,
  type RequestOf,
} from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import { cloudEventOf, ensureStreams, logStream, logSubjectOf } from '@orrery/event-store';
import { type Bus, connectBus, refuse } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { openPostgresStore, type TelemetryStore } from '@orrery/telemetry-store';
import { asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import { observability } from '../src/index.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let databases: readonly FreshDatabase[];
let service: Started;
let bus: Bus;
let telemetry: TelemetryStore;

beforeAll(async () => {
  const [server, own, kept] = await Promise.all([startNats(), freshDatabase('observability'), freshDatabase('telemetry')]);
  nats = server;
  databases = [own, kept];
  bus = await connectBus({ url: nats.url, name: 'test' });
  telemetry = await openPostgresStore({ url: kept.url });
  service = await startAll([observability], {
    ORRERY_POSTGRES_URL: own.url,
    ORRERY_OBSERVABILITY_DATABASE_URL: own.url,
    ORRERY_TELEMETRY_DATABASE_URL: kept.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '33'.repeat(32),
  });
  await ensureStreams(await bus.connection.jetstreamManager(), [logStream('execution'), logStream('identity')]);
}, 60_000);

afterAll(async () => {
  await service?.stop();
  await telemetry?.close();
  await bus?.close();
  await Promise.all([nats.stop(), ...databases.map((database) => database.drop())]);
}, 30_000);

const orgId = OrgId.parse(randomUUID());
const ask = async <X extends Operation>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>> =>
  refuse(await bus.ask(operation, input, contextOf(asOwner(randomUUID()), { orgId }))).value;

/** Somebody's event on the bus; `data` as it is given. */
const publish = async (contract: EventContract, stream: string, data: object): Promise<void> => {
  const metadata = { correlationId: stream, causationId: stream, actor: `service:${contract.service}`, orgId };
  const recorded = { id: randomUUID(), stream, version: 1, metadata, recordedAt: new Date(), place: { transaction: 1n, position: 1n } };
  const event = { ...cloudEventOf({ ...recorded, event: { type: contract.type, data } }, contract), data };
  const subject = logSubjectOf({ service: contract.service, type: contract.type, orgId, stream });
  await bus.connection.jetstream().publish(subject, JSON.stringify(event), { msgID: event.id });
};

const eventsOf = async (stream: string) => (await ask(contracts.ListEvents, { stream })).items;

/** A run of the organization, as execution tells of it. */
const newRun = async (): Promise<execution.RunId> => {
  const runId = execution.RunId.parse(randomUUID());
  const data = { runId, reason: 'all-busy', message: 'busy', at: new Date().toISOString() };
  await publish(execution.ExecutionEvents.RunKeptWaiting, `run-${runId}`, data);
  await eventually(async () => expect(await eventsOf(`run-${runId}`)).toHaveLength(1));
  return runId;
};

const write = (runId: execution.RunId, ...pieces: readonly (readonly [seq: number, text: string, channel?: string])[]) =>
  telemetry.logs.append(
    pieces.map(([seq, text, channel = 'stdout']) => {
      return { stream: `run-${runId}`, part: 1, seq, owner: orgId, at: Date.now(), channel, text, labels: { hostname: 'machine' } };
    }),
  );

describe('the output of a run', () => {
  it('is what it wrote, to the last newline, by stream', async () => {
    const runId = await newRun();
    await write(runId, [1, 'one\r\n'], [2, 'oh', 'stderr'], [3, '\n\ntwo'], [4, '\n']);
    expect(await ask(contracts.GetRunOutput, { runId })).toEqual({ stdout: 'one\r\n\n\ntwo\n', stderr: 'oh', end: '1.4', isCut: false });
  });

  it('is waited for, where it was announced and is on its way into the store', async () => {
    const runId = await newRun();
    await write(runId, [1, 'one\n']);
    const asked = Promise.all([ask(contracts.GetRunOutput, { runId, until: '1.2' }), ask(contracts.QueryRunLogs, { runId, until: '1.2' })]);
    // Whoever does not wait is answered first.
    expect((await ask(contracts.GetRunOutput, { runId })).stdout).toBe('one\n');
    await write(runId, [2, 'two\n']);
    const [output, lines] = await asked;
    expect(output.stdout).toBe('one\ntwo\n');
    expect(lines.items.map(({ message }) => message)).toEqual(['one', 'two']);
  });

  it('that was announced and is lost keeps nobody for long', async () => {
    const runId = await newRun();
    await write(runId, [1, 'one\n']);
    expect(await ask(contracts.GetRunOutput, { runId, until: '1.2' })).toMatchObject({ stdout: 'one\n', end: '1.1' });
  });

  it('is nobody else’s', async () => {
    const runId = await newRun();
    const stranger = contextOf(asOwner(randomUUID()), { orgId: randomUUID() });
    const [outcome] = await Promise.allSettled([bus.ask(contracts.GetRunOutput, { runId }, stranger)]);
    expect(outcome).not.toMatchObject({ status: 'fulfilled', value: { accepted: true } });
  });
});

describe('the index of events', () => {
  it('tells nothing of a person, even where the bus did', async () => {
    const contract = Object.values<EventContract>(identity.IdentityEvents).find(({ personal, isPrivate }) => personal && !isPrivate);
    if (!contract?.personal) throw new Error('there is an event that tells of a person');
    const data = Object(sampleValue(contract.schema, 'output'));
    const stream = `user-${randomUUID()}`;
    await publish(contract, stream, data);
    const [event] = await eventually(async () => {
      const found = await eventsOf(stream);
      return found.length === 1 && found;
    });
    const hidden = Object.fromEntries(contract.personal.fields.filter((field) => field in data).map((field) => [field, '[withheld]']));
    expect(Object.keys(hidden)).not.toEqual([]);
    expect(event?.data).toEqual({ ...data, ...hidden });
  });
});
