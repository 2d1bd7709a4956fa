import { randomUUID } from 'node:crypto';
import { identity, OrgId, type RequestContext, UserId } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, asOwner, contextOf, eventually, granted, nobody } from '@orrery/testing';
import { startNeighbours } from './fixtures/neighbours.ts';
import { password, Rig, somewhere } from './fixtures/rig.ts';

const other = 'another long password';
const refusal = (code: string) => ({ accepted: false, rejection: { code } });
const fresh = (): string => `u${randomUUID().slice(0, 8)}`;
const operator = (): RequestContext => contextOf(asOperator);
/** An administrator, as the gateway says it. */
const by = (userId: string): RequestContext => contextOf({ kind: 'operator', id: userId });

describe('The first administrator', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  }, 60_000);
  afterAll(() => rig?.stop(), 30_000);

  const setUp = (username: string) =>
    rig.ask(identity.SetUp, { username, password }, { ...contextOf(nobody, { origin: somewhere() }), deadlineAt: Date.now() + 20_000 });

  it('is one, however many come at once, and only where nobody was before', async () => {
    expect(granted(await rig.ask(identity.GetSetup, {}))).toEqual({ isDone: false });
    const outcomes = await Promise.all(Array.from({ length: 32 }, (_, n) => setUp(`admin-${n}`)));
    const first = outcomes.filter(({ accepted }) => accepted);
    expect(first).toHaveLength(1);
    for (const outcome of outcomes) if (!outcome.accepted) expect(outcome).toMatchObject(refusal('AlreadySetUp'));
    expect(granted(await rig.ask(identity.GetSetup, {}))).toEqual({ isDone: true });
    const { rows } = await rig.pool.query("SELECT type FROM events WHERE stream = 'administrators'");
    expect(rows).toEqual([{ type: 'AdministratorAppointed.v1' }]);
    expect((await rig.pool.query('SELECT FROM users')).rowCount).toBe(1);
  }, 60_000);

  it('is not made where it is left to the operator', async () => {
    await rig.pool.query('TRUNCATE users');
    expect(granted(await rig.ask(identity.GetSetup, {}))).toEqual({ isDone: false });
    // What the log knows, no table can undo.
    expect(await setUp('late')).toMatchObject(refusal('AlreadySetUp'));
    await rig.restart({ ORRERY_SETUP: 'closed' });
    expect(granted(await rig.ask(identity.GetSetup, {}))).toEqual({ isDone: true });
    expect(await setUp('later')).toMatchObject(refusal('AlreadySetUp'));
  }, 60_000);
});

describe('People', () => {
  let rig: Rig;
  let told: SnapshotWatcher<typeof identity.Snapshots.members.value>;
  let admin: identity.SignedIn;
  const first = { username: 'Root', password, email: 'root@example.com' };
  const asStranger = contextOf(nobody, { origin: somewhere(), idempotent: true, deadlineAt: Date.now() + 120_000 });
  let neighbours: Awaited<ReturnType<typeof startNeighbours>>;

  beforeAll(async () => {
    rig = await Rig.start();
    neighbours = await startNeighbours(rig.bus);
    told = await rig.watch(identity.Snapshots.members);
    admin = granted(await rig.ask(identity.SetUp, first, asStranger));
  }, 60_000);
  afterAll(async () => {
    await neighbours?.stop();
    await rig?.stop();
  }, 30_000);

  const create = async (more: Partial<Parameters<typeof rig.ask<typeof identity.CreatePerson>>[1]> = {}, context = operator()) =>
    granted(await rig.ask(identity.CreatePerson, { username: fresh(), password, ...more }, context));
  const logIn = (username: string, word = password) => rig.ask(identity.LogInByUsername, { username, password: word });
  const update = (person: string, change: object, context = operator()) => rig.ask(identity.UpdatePerson, { person, ...change }, context);
  const orgOf = async (userId: string): Promise<OrgId> => {
    const { rows } = await rig.pool.query('SELECT org_id FROM members WHERE user_id = $1', [userId]);
    return OrgId.parse(rows[0].org_id);
  };
  const isTold = (userId: string, isAdministrator: true | undefined) =>
    eventually(() => expect(told.get(userId)?.isAdministrator).toBe(isAdministrator), { within: 1_000 });

  it('are logged in from the moment in which they set up', async () => {
    expect(admin.person).toMatchObject({ number: 1, username: 'Root', email: 'root@example.com', isAdministrator: true, role: 'owner' });
    const { sessionId } = await rig.logIn('root@example.com');
    const me = contextOf({ kind: 'user', id: admin.person.id, sessionId, permissions: [] }, { orgId: await orgOf(admin.person.id) });
    expect(granted(await rig.ask(identity.GetMyself, {}, me))).toMatchObject({ id: admin.person.id, role: 'owner' });
    await isTold(admin.person.id, true);
  });

  it('who set up and got no answer ask again, and hear what they would have heard', async () => {
    expect(granted(await rig.ask(identity.SetUp, first, asStranger)).tokens).toEqual(admin.tokens);
    expect(await rig.ask(identity.SetUp, first)).toMatchObject(refusal('AlreadySetUp'));
    expect(await rig.ask(identity.SetUp, { ...first, password: other }, asStranger)).toMatchObject(refusal('AlreadySetUp'));
    const another = { ...first, username: 'Other' };
    expect(await rig.ask(identity.SetUp, another, asStranger)).toMatchObject(refusal('IdempotencyKeyReused'));
  });

  it('log in by their username in any spelling, or by their address', async () => {
    const email = `${randomUUID()}@example.com`;
    const { username, id } = await create({ username: `Ada.${fresh()}`, email });
    for (const name of [username ?? '', (username ?? '').toUpperCase(), email.toUpperCase(), `  ${username}`]) {
      expect(granted(await logIn(name))).toMatchObject({ person: { id, username, email, lastLogInAt: expect.any(String) } });
    }
    expect(await logIn(username ?? '', 'wrong')).toMatchObject(refusal('BadCredentials'));
    expect(await logIn(fresh())).toMatchObject(refusal('BadCredentials'));
  });

  it('need no address, and nobody sees the one that stands in its place', async () => {
    const { username, email, id } = await create();
    expect(email).toBeNull();
    expect(granted(await logIn(username ?? ''))).toMatchObject({ person: { email: null } });
    granted(await update(id, { isActive: false }));
    await eventually(async () => (await rig.pool.query("SELECT FROM letters WHERE state = 'waiting'")).rowCount === 0);
    const { rows } = await rig.pool.query('SELECT state FROM letters WHERE person = $1', [id]);
    expect(rows).toEqual([{ state: 'kept' }]);
  });

  it.each([
    ['in capitals', (name: string) => name.toUpperCase()],
    ['in full width', (name: string) => `ｕ${name.slice(1)}`],
  ])('do not share a username, written %s', async (_, write) => {
    const { username } = await create();
    const taken = { username: write(username ?? ''), password };
    expect(await rig.ask(identity.CreatePerson, taken, operator())).toMatchObject(refusal('UsernameTaken'));
  });

  it.each(['ab', 'ada@example.com', 'аdmin', '-ada', 'ada lovelace', 'a'.repeat(51)])('are not called %s', async (username) => {
    expect(await rig.ask(identity.CreatePerson, { username, password }, operator())).toMatchObject(refusal('InvalidInput'));
  });

  it('leave their name and their address to others when they go', async () => {
    const email = `${randomUUID()}@example.com`;
    const { username, id } = await create({ email });
    const moved = `${randomUUID()}@example.com`;
    expect(granted(await update(id, { email: moved }))).toMatchObject({ email: moved });
    expect((await rig.letters(email)).map(({ subject }) => subject)).toContain('Your e-mail address was changed');
    await create({ email });
    granted(await rig.ask(identity.DeleteUser, { userId: id }, operator()));
    await create({ username: username ?? '', email: moved });
  });

  it('leave free every address but their own, though two changes come at once', async () => {
    const [email, ...others] = [0, 1, 2].map(() => `${randomUUID()}@example.com`);
    const { id } = await create({ email });
    await Promise.all(others.map(async (other) => granted(await update(id, { email: other }))));
    const { email: kept } = granted(await rig.ask(identity.GetPerson, { person: id }, operator()));
    expect(others).toContain(kept);
    for (const left of [email, ...others.filter((other) => other !== kept)]) await create({ email: left });
    expect(await rig.ask(identity.CreatePerson, { username: fresh(), password, email: kept ?? '' }, operator())).toMatchObject(
      refusal('EmailTaken'),
    );
  });

  it('do not get an address that is somebody else’s', async () => {
    const email = `${randomUUID()}@example.com`;
    await create({ email });
    const { id } = await create();
    expect(await update(id, { email })).toMatchObject(refusal('EmailTaken'));
    expect(granted(await update(id, { email: `${randomUUID()}@example.com`, name: 'Ada' }))).toMatchObject({ name: 'Ada' });
  });

  it('are made once, however often the same is asked', async () => {
    const context = contextOf(asOperator, { idempotent: true });
    const wish = { username: fresh(), password, isAdministrator: true };
    const [one, again] = [await create(wish, context), await create(wish, context)];
    expect(again.id).toBe(one.id);
    granted(await rig.ask(identity.DismissAdministrator, { userId: one.id }, operator()));
  });

  it('keep their numbers, and nobody else gets them', async () => {
    const [one, two] = [await create(), await create()];
    expect(two.number).toBeGreaterThan(one.number);
    expect(granted(await rig.ask(identity.GetPerson, { person: String(one.number) }, operator())).id).toBe(one.id);
    granted(await rig.ask(identity.DeleteUser, { userId: one.id }, operator()));
    expect(await rig.ask(identity.GetPerson, { person: String(one.number) }, operator())).toMatchObject(refusal('UserNotFound'));
    expect((await create()).number).toBeGreaterThan(two.number);
    for (const person of ['999999999', randomUUID()])
      expect(await rig.ask(identity.GetPerson, { person }, operator())).toMatchObject(refusal('UserNotFound'));
  });

  it('are listed with what they are, and counted', async () => {
    const first = granted(await rig.ask(identity.ListPeople, { limit: 1, offset: 0 }, operator()));
    expect(first.items).toEqual([expect.objectContaining({ id: admin.person.id, isAdministrator: true, role: null })]);
    const orgId = await orgOf(admin.person.id);
    const rest = granted(await rig.ask(identity.ListPeople, { limit: 100, offset: 1, orgId }, operator()));
    expect(rest.items).toHaveLength(first.total - 1);
    expect(rest.items.map(({ id }) => id)).not.toContain(admin.person.id);
  });

  it('join the organization of the administrator who makes them, in the role that they get', async () => {
    const orgId = await orgOf(admin.person.id);
    const bob = await create({ membership: { orgId, role: 'viewer' } }, by(admin.person.id));
    expect(bob).toMatchObject({ role: 'viewer', isAdministrator: false });
    expect(granted(await update(bob.id, { membership: { orgId, role: 'admin' }, orgId }, by(admin.person.id))).role).toBe('admin');
    await eventually(() => expect(told.get(bob.id)?.memberships).toEqual([{ orgId, role: 'admin' }]));
  });

  it('are led into no organization by whoever does not own it', async () => {
    const stranger = await rig.newcomer();
    const orgId = OrgId.parse(stranger.owner.orgId);
    const wish = { username: fresh(), password, membership: { orgId, role: 'owner' as const } };
    for (const context of [by(admin.person.id), operator()])
      expect(await rig.ask(identity.CreatePerson, wish, context)).toMatchObject(refusal('Forbidden'));
  });

  it('are made by the operator alone', async () => {
    const { userId } = await rig.newcomer();
    const wish = { username: fresh(), password };
    expect(await rig.ask(identity.CreatePerson, wish, contextOf(asOwner(userId)))).toMatchObject(refusal('Forbidden'));
    expect(await rig.ask(identity.AppointAdministrator, { userId: UserId.parse(userId) }, contextOf(asOwner(userId)))).toMatchObject(
      refusal('Forbidden'),
    );
  });

  describe('who are administrators', () => {
    it('are known within a second, and are no more within a second', async () => {
      const { id } = await create();
      granted(await rig.ask(identity.AppointAdministrator, { userId: id }, operator()));
      await isTold(id, true);
      granted(await rig.ask(identity.DismissAdministrator, { userId: id }, operator()));
      await isTold(id, undefined);
    });

    it.each<[string, (id: UserId, context: RequestContext) => Promise<{ accepted: boolean }>]>([
      ['closed', (id, context) => rig.ask(identity.DeactivateUser, { userId: id }, context)],
      ['deleted', (id, context) => rig.ask(identity.DeleteUser, { userId: id }, context)],
      ['changed to that', (id, context) => update(id, { isAdministrator: false }, context)],
      ['dismissed', (id, context) => rig.ask(identity.DismissAdministrator, { userId: id }, context)],
    ])('are none when %s: never the last, and nobody themselves', async (_, end) => {
      expect(await end(admin.person.id, operator())).toMatchObject(refusal('LastAdministrator'));
      const { id } = await create({ isAdministrator: true });
      expect(await end(id, by(id))).toMatchObject(refusal('OwnAccount'));
      expect((await end(id, by(admin.person.id))).accepted).toBe(true);
      await isTold(id, undefined);
      expect(await end(admin.person.id, operator())).toMatchObject(refusal('LastAdministrator'));
    });

    it('do not leave the installation without one themselves', async () => {
      const me = contextOf(asOwner(admin.person.id));
      expect(await rig.ask(identity.DeleteMe, {}, me)).toMatchObject(refusal('LastAdministrator'));
      expect(await rig.ask(identity.DeactivateMe, {}, me)).toMatchObject(refusal('LastAdministrator'));
      expect(granted(await logIn('root')).person.isAdministrator).toBe(true);
    });

    it('are none whose account was closed in the moment of the appointment', async () => {
      const people = await Promise.all(Array.from({ length: 6 }, () => create()));
      await Promise.all(
        people.flatMap(({ id }) => [
          rig.ask(identity.AppointAdministrator, { userId: id }, operator()),
          rig.ask(identity.DeactivateUser, { userId: id }, operator()),
        ]),
      );
      const { rows } = await rig.pool.query('SELECT u.id FROM administrators a JOIN users u ON u.id = a.user_id WHERE NOT u.is_active');
      expect(rows).toEqual([]);
    });

    it('are never all dismissed, however many do it at once', async () => {
      const { id } = await create({ isAdministrator: true });
      const outcomes = await Promise.all([
        rig.ask(identity.DismissAdministrator, { userId: id }, by(admin.person.id)),
        rig.ask(identity.DismissAdministrator, { userId: admin.person.id }, by(id)),
      ]);
      expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1);
      granted(await rig.ask(identity.AppointAdministrator, { userId: admin.person.id }, operator()));
      granted(await rig.ask(identity.DismissAdministrator, { userId: id }, operator()));
    });
  });

  it('leave nothing in the log by which they are known', async () => {
    const { username, id } = await create({ email: `${randomUUID()}@example.com` });
    granted(await update(id, { email: `second-${randomUUID()}@example.com` }));
    const { rows } = await rig.pool.query('SELECT data::text AS data FROM events');
    const log = rows.map(({ data }) => data).join('\n');
    expect([log.includes(username ?? ''), log.includes('second-'), log.includes(other)]).toEqual([false, false, false]);
  });
});
