import { randomUUID } from 'node:crypto';
import { identity as contracts, type Operation, type RequestContext, type RequestOf } from '@orrery/contracts';
import { type Bus, connectBus, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, granted, nobody, startNats } from '@orrery/testing';
import { identity } from '../src/index.ts';
import { untilHeard } from './fixtures/heard.ts';

const secret = '11'.repeat(32);

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let service: Started;
let bus: Bus;
let keys: SnapshotWatcher<typeof contracts.Snapshots.keys.value>;
let members: SnapshotWatcher<typeof contracts.Snapshots.members.value>;

const start = (): Promise<Started> =>
  startAll([identity], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_IDENTITY_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: secret,
  });

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('identity')]);
  service = await start();
  bus = await connectBus({ url: nats.url, name: 'test' });
  const onFault = (error: unknown) => {
    throw error;
  };
  keys = watchSnapshot(bus, { snapshot: contracts.Snapshots.keys, onFault });
  members = watchSnapshot(bus, { snapshot: contracts.Snapshots.members, onFault });
  await Promise.all([keys.ready, members.ready]);
}, 60_000);

afterAll(async () => {
  await Promise.all([keys.close(), members.close()]);
  await bus.close();
  await service.stop();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const ask = async <X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext = contextOf(nobody)) =>
  untilHeard(() => bus.ask(operation, input, { ...context, deadlineAt: Math.max(context.deadlineAt, Date.now() + 30_000) }));

const password = 'correct horse battery';
const person = async (name = 'Ada Lovelace') => {
  const email = `${randomUUID()}@example.com`;
  const signedUp = granted(await ask(contracts.SignUp, { email, password, name }));
  return { email, ...signedUp, owner: contextOf(asOwner(signedUp.userId), { orgId: signedUp.orgId }) };
};

describe('a person who signs up', () => {
  it('owns an organization of their own, which is their default', async () => {
    const { userId, orgId, orgSlug, owner } = await person();
    const { items } = granted(await ask(contracts.ListOrgs, {}, owner));
    expect(items).toMatchObject([{ id: orgId, slug: orgSlug, role: 'owner', isDefault: true }]);
    await eventually(() => expect(members.get(userId)?.memberships).toMatchObject([{ orgId, role: 'owner' }]));
  });

  it('cannot take the address of another one, in whatever spelling', async () => {
    const { email } = await person();
    const outcome = await ask(contracts.SignUp, { email: ` ${email.toUpperCase()} `, password });
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'EmailTaken' } });
  });

  it('gets a slug that tells of nobody', async () => {
    const [first, second] = [await person('Grace Hopper'), await person('Grace Hopper')];
    for (const { orgSlug } of [first, second]) expect(orgSlug).toMatch(/^org-[0-9a-f]{10}$/);
    expect(first.orgSlug).not.toBe(second.orgSlug);
  });

  it('signs up once, however often the request comes', async () => {
    const context = contextOf(nobody, { commandId: randomUUID(), idempotent: true });
    const input = { email: `${randomUUID()}@example.com`, password };
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(contracts.SignUp, input, context)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const other = await ask(contracts.SignUp, { ...input, email: 'other@example.com' }, context);
    expect(other).toMatchObject({ accepted: false, rejection: { code: 'IdempotencyKeyReused' } });
  });

  it('is refused without a usable password or address, with the field named', async () => {
    expect(await ask(contracts.SignUp, { email: 'nobody', password: 'short' })).toMatchObject({
      accepted: false,
      rejection: { code: 'InvalidInput' },
    });
  });
});

describe('a session', () => {
  it('opens for the right password alone', async () => {
    const { email, userId } = await person();
    expect(granted(await ask(contracts.LogIn, { email, password }))).toMatchObject({ userId, email, expiresIn: 86_400 });
    for (const wrong of [
      { email, password: 'wrong' },
      { email: 'nobody@example.com', password },
    ]) {
      expect(await ask(contracts.LogIn, wrong)).toMatchObject({ accepted: false, rejection: { code: 'BadCredentials' } });
    }
  });

  it('lets one of 32 racing refreshes win, and dies of the others', async () => {
    const { email } = await person();
    const { refreshToken } = granted(await ask(contracts.LogIn, { email, password }));
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => ask(contracts.RefreshSession, { refreshToken })));
    const winners = outcomes.flatMap((outcome) => (outcome.accepted ? [outcome.value] : []));
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    expect(await ask(contracts.RefreshSession, { refreshToken: winner?.refreshToken ?? '' })).toMatchObject({
      accepted: false,
      rejection: { code: 'BadRefreshToken' },
    });
  });

  it('goes on with each new token, until the log-out', async () => {
    const { email } = await person();
    const first = granted(await ask(contracts.LogIn, { email, password }));
    const second = granted(await ask(contracts.RefreshSession, { refreshToken: first.refreshToken }));
    const third = granted(await ask(contracts.RefreshSession, { refreshToken: second.refreshToken }));
    granted(await ask(contracts.LogOut, { refreshToken: third.refreshToken }));
    expect(await ask(contracts.RefreshSession, { refreshToken: third.refreshToken })).toMatchObject({ accepted: false });
  });
});

describe('what gateways know', () => {
  it('is whole again after the bus lost everything', async () => {
    const { owner } = await person();
    const created = granted(await ask(contracts.CreateApiKey, { name: 'kept' }, owner));
    await nats.wipe();
    await eventually(() => expect(keys.get(created.id)).toBeDefined(), { within: 20_000 });
    const fresh = watchSnapshot(bus, { snapshot: contracts.Snapshots.keys, onFault: () => undefined });
    await fresh.ready;
    expect(fresh.get(created.id)).toBeDefined();
    await fresh.close();
  }, 40_000);

  it('survives a restart of identity', async () => {
    const { email } = await person();
    await service.stop();
    service = await start();
    expect(granted(await ask(contracts.LogIn, { email, password })).email).toBe(email);
  }, 30_000);
});
