import { randomUUID } from 'node:crypto';
import { inference as contracts, identity, instantOf, newId, OrgId, UserId } from '@orrery/contracts';
import { cloudEventOf, EventStore, ensureStreams, logStream, logSubjectOf, openDatabase } from '@orrery/event-store';
import { logOf } from '@orrery/telemetry';
import { asOwner, contextOf, eventually } from '@orrery/testing';
import { forgetOld } from '../src/application/retention.office.ts';
import { inferenceSettings } from '../src/views/settings.view.ts';
import { type Running, startInference } from './fixtures/running.ts';

const dayMs = 86_400_000;
const retention = { logDays: 90, billingDays: 3 };
const log = logOf('inference');
const org = 'acme';
const month = { policy: 'full', retentionDays: 30 } as const;

let running: Running;
let store: EventStore;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startInference();
  const dataSource = await openDatabase({ url: running.databaseUrl, applicationName: 'test' });
  store = new EventStore({ dataSource, service: 'inference', events: [contracts.InferenceEvents], views: [inferenceSettings] });
  await ensureStreams(await running.bus.connection.jetstreamManager(), [logStream('identity')]);
}, 60_000);

afterAll(async () => {
  await store.close();
  await store.dataSource.destroy();
  await running.stop();
}, 30_000);

const as = (orgId: OrgId) => contextOf(asOwner(randomUUID()), { orgId });
const logs = (orgId: OrgId, logging: contracts.LoggingPolicy) => ask(contracts.SetInferenceSettings, { org, logging }, as(orgId));
const freshOrg = (): OrgId => OrgId.parse(randomUUID());

interface Of {
  readonly orgId: OrgId;
  readonly userId?: UserId;
  readonly ago?: number;
  readonly isLogged?: boolean;
  readonly endUser?: string;
}

const settled = ({ orgId, userId, ago = 0, isLogged = true, endUser }: Of): contracts.SettledUsage => {
  const at = instantOf(Date.now() - ago);
  return contracts.SettledUsage.parse({
    requestId: newId(contracts.RequestId),
    orgId,
    spaceId: null,
    userId: userId ?? null,
    keyId: null,
    dialect: 'openai',
    route: '/v1/chat/completions',
    kind: 'chat',
    model: 'acme/one',
    upstream: 'gpu',
    outcome: 'finished',
    status: 200,
    error: null,
    input: 1,
    output: 1,
    cached: 0,
    isEstimated: false,
    attempts: 1,
    cost: '5',
    currency: 'EUR',
    priceVersion: 1,
    isStreaming: false,
    startedAt: at,
    firstByteMs: 1,
    durationMs: 1,
    traceId: null,
    correlationId: null,
    endUser: endUser ?? null,
    tags: [],
    isLogged,
    settledAt: at,
  });
};

const publish = (subject: string, payload: string | Uint8Array): Promise<unknown> =>
  running.bus.connection.jetstream().publish(subject, payload);

/** As a gateway tells it. */
const tell = async (record: contracts.SettledUsage, said?: string): Promise<void> => {
  await publish(contracts.usageTransport.subject, JSON.stringify([record]));
  if (said === undefined) return;
  const { requestId, orgId, userId, startedAt: at } = record;
  const size = { kept: said.length, bytes: said.length };
  const head: contracts.ContentHead = { requestId, orgId, userId, at, asked: size, answered: { ...size, bytes: 999, isWhole: true } };
  await publish(contracts.contentTransport.subject, Buffer.from(`${JSON.stringify(head)}\n${said}${said.toUpperCase()}`));
};

const read = ({ requestId, orgId }: contracts.SettledUsage) => ask(contracts.GetRequest, { requestId }, as(orgId));
const isThere = (record: contracts.SettledUsage) =>
  eventually(async () => expect(await read(record)).toMatchObject({ requestId: record.requestId }));
const saidIn = async (record: contracts.SettledUsage) => (await read(record)).content;
const isSaid = (record: contracts.SettledUsage) => eventually(async () => expect(await saidIn(record)).not.toBeNull());
const linesOf = async (orgId: OrgId): Promise<number> => {
  const { rows } = await store.pool.query('SELECT FROM inference_log WHERE org_id = $1', [orgId]);
  return rows.length;
};
const keptOf = async (orgId: OrgId): Promise<readonly Buffer[]> => {
  const { rows } = await store.pool.query<{ box: Buffer }>('SELECT box FROM inference_content WHERE org_id = $1', [orgId]);
  return rows.map(({ box }) => box);
};
/** What identity tells. */
const happens = async (type: 'OrgDeleted' | 'UserDeleted', id: string, data: object): Promise<void> => {
  const eventId = randomUUID();
  const stream = `${type}-${id}`;
  const metadata = { correlationId: eventId, causationId: eventId, actor: 'service:identity' };
  const place = { transaction: BigInt(Date.now()), position: 1n };
  const recorded = { id: eventId, stream, version: 1, event: { type, data }, metadata, recordedAt: new Date(), place };
  const event = cloudEventOf(recorded, identity.IdentityEvents[type]);
  await publish(logSubjectOf({ service: 'identity', type, stream }), JSON.stringify(event));
};

describe('What was said in a request', () => {
  it('is shown as it was, with what is missing, and lies sealed', async () => {
    const orgId = freshOrg();
    await logs(orgId, month);
    const record = settled({ orgId });
    await tell(record, 'hello hello hello');
    await isThere(record);
    await isSaid(record);
    expect(await saidIn(record)).toEqual({
      request: { text: 'hello hello hello', bytes: 17, isCut: false },
      answer: { text: 'HELLO HELLO HELLO', bytes: 999, isCut: true, isWhole: true },
    });
    expect((await keptOf(orgId)).map((box) => box.includes('hello'))).toEqual([false]);
  });

  it('is seen no longer than its organization says now, and then deleted, in batches, others untouched', async () => {
    const [orgId, otherOrg] = [freshOrg(), freshOrg()];
    await logs(orgId, month);
    await logs(otherOrg, month);
    const [old, young, other] = [settled({ orgId, ago: 10 * dayMs }), settled({ orgId }), settled({ orgId: otherOrg, ago: 10 * dayMs })];
    for (const record of [old, young, other]) await tell(record, 'words');
    for (const record of [old, young, other]) {
      await isThere(record);
      await isSaid(record);
    }
    await logs(orgId, { policy: 'full', retentionDays: 7 });
    expect(await saidIn(old)).toBeNull();
    expect(await keptOf(orgId)).toHaveLength(2);
    await forgetOld({ store, log, retention }, Date.now());
    expect(await keptOf(orgId)).toHaveLength(1);
    expect(await saidIn(young)).not.toBeNull();
    expect(await saidIn(other)).not.toBeNull();
    // A week later.
    await forgetOld({ store, log, retention }, Date.now() + 7.1 * dayMs);
    expect(await keptOf(orgId)).toHaveLength(0);
    expect(await keptOf(otherOrg)).toHaveLength(1);
    expect((await read(young)).content).toBeNull();
  });

  it('is not kept where nobody wished it, and goes where it is wished no more', async () => {
    const orgId = freshOrg();
    const unwished = settled({ orgId });
    await tell(unwished, 'words');
    await logs(orgId, month);
    const wished = settled({ orgId });
    await tell(wished, 'words');
    await isThere(wished);
    await isSaid(wished);
    await logs(orgId, { policy: 'metadata' });
    expect(await saidIn(wished)).toBeNull();
    await forgetOld({ store, log, retention }, Date.now());
    expect(await keptOf(orgId)).toHaveLength(0);
  });

  it('goes with its organization, and what comes late is not kept', async () => {
    const orgId = freshOrg();
    await logs(orgId, month);
    const record = settled({ orgId });
    await tell(record, 'words');
    await isThere(record);
    await isSaid(record);
    await happens('OrgDeleted', orgId, { orgId, by: randomUUID(), at: instantOf(Date.now()) });
    await eventually(async () => expect(await keptOf(orgId)).toHaveLength(0), { within: 15_000 });
    await eventually(async () => {
      const { rowCount } = await store.pool.query('SELECT FROM person_keys WHERE person = $1', [orgId]);
      expect(rowCount).toBe(0);
    });
    expect(await ask(contracts.GetInferenceSettings, { org }, as(orgId))).toMatchObject({ logging: { policy: 'metadata' } });
    const [late, other] = [settled({ orgId }), settled({ orgId: freshOrg() })];
    await tell(late, 'words');
    await logs(other.orgId, month);
    await tell(other, 'words');
    await isThere(other);
    await isSaid(other);
    expect(await keptOf(orgId)).toHaveLength(0);
  }, 30_000);

  it('goes with whoever said it', async () => {
    const [orgId, userId] = [freshOrg(), UserId.parse(randomUUID())];
    await logs(orgId, month);
    const [theirs, others] = [settled({ orgId, userId }), settled({ orgId })];
    for (const record of [theirs, others]) {
      await tell(record, 'words');
      await isThere(record);
      await isSaid(record);
    }
    await happens('UserDeleted', userId, { userId, at: instantOf(Date.now()) });
    await eventually(async () => expect(await saidIn(theirs)).toBeNull(), { within: 15_000 });
    expect(await saidIn(others)).not.toBeNull();
  }, 30_000);
});

describe('Whom a request is for', () => {
  const endUserOf = async (record: contracts.SettledUsage) => (await read(record)).endUser;

  it('is forgotten with whoever asked and with its organization, others untouched; the lines stay', async () => {
    const [orgId, otherOrg, userId] = [freshOrg(), freshOrg(), UserId.parse(randomUUID())];
    const endUser = 'ada';
    const [theirs, ours, others] = [
      settled({ orgId, userId, endUser }),
      settled({ orgId, userId: UserId.parse(randomUUID()), endUser }),
      settled({ orgId: otherOrg, endUser }),
    ];
    for (const record of [theirs, ours, others]) {
      await tell(record);
      await isThere(record);
      expect(await endUserOf(record)).toBe('ada');
    }
    await happens('UserDeleted', userId, { userId, at: instantOf(Date.now()) });
    await eventually(async () => expect(await endUserOf(theirs)).toBeNull(), { within: 15_000 });
    expect([await endUserOf(ours), await endUserOf(others)]).toEqual(['ada', 'ada']);
    await happens('OrgDeleted', orgId, { orgId, by: randomUUID(), at: instantOf(Date.now()) });
    await eventually(async () => expect(await endUserOf(ours)).toBeNull(), { within: 15_000 });
    expect(await endUserOf(others)).toBe('ada');
  }, 40_000);

  it('and who asked are found by one name, of their organization alone', async () => {
    const [orgId, userId] = [freshOrg(), UserId.parse(randomUUID())];
    const records = [settled({ orgId, userId }), settled({ orgId, endUser: userId }), settled({ orgId, endUser: 'ada' })];
    const hidden = [settled({ orgId: freshOrg(), userId }), settled({ orgId, userId, isLogged: false })];
    for (const record of [...records, ...hidden]) await tell(record);
    await eventually(async () => expect(await linesOf(orgId)).toBe(4));
    const found = async (filters: { user?: string; endUser?: string }) => {
      const { items } = await ask(contracts.ListRequests, filters, as(orgId));
      return items.map(({ requestId }) => records.findIndex((record) => record.requestId === requestId)).sort();
    };
    expect(await found({ user: userId })).toEqual([0, 1]);
    expect(await found({ user: 'ada' })).toEqual([2]);
    expect(await found({ endUser: userId })).toEqual([1]);
    expect(await found({ user: 'nobody' })).toEqual([]);
  });
});

describe('A line of the inference log', () => {
  it('is deleted when it was kept long enough, much sooner where nothing is to be logged', async () => {
    const orgId = freshOrg();
    const logged = settled({ orgId });
    await tell(logged);
    await tell(settled({ orgId, isLogged: false }));
    await eventually(async () => expect(await linesOf(orgId)).toBe(2));
    await forgetOld({ store, log, retention }, Date.now() + 2.9 * dayMs);
    expect(await linesOf(orgId)).toBe(2);
    await forgetOld({ store, log, retention }, Date.now() + 3.1 * dayMs);
    expect(await linesOf(orgId)).toBe(1);
    expect(await read(logged)).toMatchObject({ requestId: logged.requestId });
    await forgetOld({ store, log, retention }, Date.now() + 90.1 * dayMs);
    expect(await linesOf(orgId)).toBe(0);
  });

  it('is nobody’s to see where nothing is to be logged, alone or in a sum', async () => {
    const orgId = freshOrg();
    const [hidden, shown] = [settled({ orgId, isLogged: false }), settled({ orgId })];
    await tell(hidden);
    await tell(shown);
    await eventually(async () => expect(await linesOf(orgId)).toBe(2));
    const outcome = await running.bus.ask(contracts.GetRequest, { requestId: hidden.requestId }, as(orgId));
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'RequestNotFound' } });
    const { items } = await ask(contracts.ListRequests, {}, as(orgId));
    expect(items.map(({ requestId }) => requestId)).toEqual([shown.requestId]);
    expect(await ask(contracts.SummarizeRequests, {}, as(orgId))).toMatchObject({ requests: 1 });
  });

  it('is not taken where it comes later than it would be kept: it may have been charged and deleted', async () => {
    const orgId = freshOrg();
    const late = settled({ orgId, ago: 91 * dayMs });
    await tell(late);
    await eventually(async () => {
      const { rows } = await store.pool.query<{ reason: string }>('SELECT reason FROM refused_usage WHERE body LIKE $1', [
        `%${late.requestId}%`,
      ]);
      expect(rows.map(({ reason }) => reason)).toEqual(['it comes later than requests are kept']);
    });
    expect(await linesOf(orgId)).toBe(0);
  });

  it('and a record that could not be read, as long as a line', async () => {
    const digest = randomUUID();
    const kept = async () => (await store.pool.query('SELECT 1 FROM refused_usage WHERE digest = $1', [digest])).rowCount;
    await store.pool.query("INSERT INTO refused_usage (digest, body, reason) VALUES ($1, '{', 'it is no JSON')", [digest]);
    await forgetOld({ store, log, retention }, Date.now() + 89.9 * dayMs);
    expect(await kept()).toBe(1);
    await forgetOld({ store, log, retention }, Date.now() + 90.1 * dayMs);
    expect(await kept()).toBe(0);
  });
});
