import { randomUUID } from 'node:crypto';
import { identity, type RequestContext } from '@orrery/contracts';
import { asOperator, contextOf, eventually, granted, nobody } from '@orrery/testing';
import { startNeighbours } from '../fixtures/neighbours.ts';
import { asUser, Rig, somewhere } from '../fixtures/rig.ts';

type Wanted = Partial<identity.AuditFilter> & { readonly limit?: number; readonly cursor?: string };

describe('an audit trail', () => {
  let rig: Rig;
  let neighbours: Awaited<ReturnType<typeof startNeighbours>>;

  beforeAll(async () => {
    rig = await Rig.start();
    neighbours = await startNeighbours(rig.bus);
  }, 60_000);
  afterAll(async () => {
    await neighbours?.stop();
    await rig?.stop();
  }, 30_000);

  const now = (context: RequestContext): RequestContext => ({ ...context, deadlineAt: Date.now() + 10_000 });
  const trail = async (context: RequestContext, wanted: Wanted = {}) =>
    granted(await rig.ask(identity.ListAudit, { org: 'any', ...wanted }, now(context)));
  const own = async (context: RequestContext, wanted: Wanted = {}) => granted(await rig.ask(identity.ListSecurityEvents, wanted, context));
  const told = (context: RequestContext, wanted: Wanted, count = 1) =>
    eventually(async () => {
      const { items } = await trail(context, wanted);
      expect(items.length).toBeGreaterThanOrEqual(count);
      return items;
    });
  /** The same, once it is known where each was asked for. */
  const toldWhence = (context: RequestContext, wanted: Wanted, count = 1) =>
    eventually(async () => {
      const { items } = await trail(context, wanted);
      expect(items.length).toBeGreaterThanOrEqual(count);
      expect(items.every(({ ip }) => ip !== null)).toBe(true);
      return items;
    });

  const keyOf = (context: RequestContext, name: string) => rig.ask(identity.CreateApiKey, { org: 'any', name }, context);

  it('says of a key that was made who made it, where, with what program, in which request and trace', async () => {
    const { userId, email, owner } = await rig.person();
    const origin = somewhere();
    const traceId = randomUUID().replaceAll('-', '');
    const asked = { ...owner, commandId: randomUUID(), origin, traceparent: `00-${traceId}-${traceId.slice(0, 16)}-01` };
    const key = granted(await keyOf(asked, 'laptop'));
    const [entry] = await toldWhence(owner, { action: 'api_key.created' });
    expect(entry).toMatchObject({
      action: 'api_key.created',
      outcome: 'granted',
      actor: { kind: 'user', id: userId, name: email },
      target: { kind: 'api-key', id: key.id },
      ip: origin.ip,
      userAgent: origin.userAgent,
      requestId: asked.correlationId,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('tells organizations of a log-in of theirs, and the person too, but no other organization', async () => {
    const person = await rig.person();
    const stranger = await rig.person();
    const origin = somewhere();
    const { sessionId, as } = await rig.logIn(person.email, origin);
    const [entry] = await toldWhence(person.owner, { target: sessionId, action: 'session.opened' });
    expect(entry).toMatchObject({ actor: { kind: 'user', id: person.userId }, ip: origin.ip, details: { method: 'password' } });
    const mine = await own(as(), { target: sessionId });
    expect(mine.items.map(({ id }) => id)).toContain(entry?.id);
    expect((await trail(stranger.owner, { target: sessionId })).items).toEqual([]);
    expect((await own(stranger.owner, { target: sessionId })).items).toEqual([]);
  });

  it('tells of wrong passwords together, and never of those for nobody', async () => {
    const { email, userId, owner } = await rig.person();
    const origin = somewhere();
    const guess = (at: string) => rig.ask(identity.LogIn, { email: at, password: 'wrong wrong' }, contextOf(nobody, { origin }));
    for (let n = 0; n < 4; n += 1) await guess(email);
    await guess(`${randomUUID()}@example.com`);
    const failures = await eventually(async () => {
      const items = await toldWhence(owner, { outcome: 'refused' });
      expect(items.reduce((sum, { details }) => sum + Number(details['tries']), 0)).toBe(4);
      return items;
    });
    expect(failures.length).toBeLessThan(4);
    expect(failures[0]).toMatchObject({
      action: 'sign_in.failed',
      actor: { kind: 'nobody', id: null, name: null },
      target: { kind: 'user', id: userId },
      ip: origin.ip,
    });
    const { rows } = await rig.pool.query("SELECT data ->> 'userId' AS of FROM events WHERE type = 'SignInFailed.v1'");
    expect(new Set(rows.map(({ of }) => of))).toEqual(new Set([userId]));
  });

  it('says that a person is locked out', async () => {
    const { email, owner } = await rig.person();
    for (let n = 0; n < 7; n += 1) await rig.ask(identity.LogIn, { email, password: 'wrong wrong' });
    await eventually(async () => {
      const items = await told(owner, { action: 'sign_in.failed' });
      expect(items.some(({ details }) => typeof details['lockedUntil'] === 'string')).toBe(true);
    });
  });

  it('finds by the beginning of an action, by actor, target, address, outcome and time, and by all of them', async () => {
    const { userId, owner } = await rig.person();
    const [one, two] = [somewhere(), somewhere()];
    const first = granted(await keyOf({ ...owner, commandId: randomUUID(), origin: one }, 'one'));
    const second = granted(await keyOf({ ...owner, commandId: randomUUID(), origin: two }, 'two'));
    const all = await toldWhence(owner, { action: 'api_key.created' }, 2);
    const idsOf = async (wanted: Wanted) => (await trail(owner, wanted)).items.map(({ target }) => target?.id);
    expect(await idsOf({ action: 'api_key' })).toEqual([second.id, first.id]);
    expect(await idsOf({ action: 'api_key.revoked' })).toEqual([]);
    expect(await idsOf({ action: 'nothing' })).toEqual([]);
    expect(await idsOf({ action: 'api_key', actor: userId })).toEqual([second.id, first.id]);
    expect(await idsOf({ actor: randomUUID() })).toEqual([]);
    expect(await idsOf({ target: first.id })).toEqual([first.id]);
    expect(await idsOf({ ip: two.ip })).toEqual([second.id]);
    expect(await idsOf({ ip: one.ip, action: 'api_key', actor: userId, target: first.id, outcome: 'granted' })).toEqual([first.id]);
    expect(await idsOf({ ip: one.ip, outcome: 'refused' })).toEqual([]);
    const [newest] = all;
    expect(await idsOf({ action: 'api_key', from: newest?.at })).toEqual([second.id]);
    expect(await idsOf({ action: 'api_key', to: newest?.at })).toEqual([first.id]);
  });

  it('comes in pages that neither repeat nor miss an entry while others are added', async () => {
    const { owner } = await rig.person();
    for (let n = 0; n < 6; n += 1) granted(await keyOf({ ...owner, commandId: randomUUID() }, `key ${n}`));
    await told(owner, { action: 'api_key' }, 6);
    const first = await trail(owner, { action: 'api_key', limit: 4 });
    granted(await keyOf({ ...owner, commandId: randomUUID() }, 'meanwhile'));
    await told(owner, { action: 'api_key' }, 7);
    const rest = await trail(owner, { action: 'api_key', limit: 4, cursor: first.nextCursor ?? '' });
    const ids = [...first.items, ...rest.items].map(({ id }) => id);
    expect(new Set(ids).size).toBe(6);
    expect(rest.nextCursor).toBeUndefined();
    for (const cursor of ['x', Buffer.from('["a","b"]').toString('base64url')]) {
      expect(await rig.ask(identity.ListAudit, { org: 'any', cursor }, owner)).toMatchObject({
        accepted: false,
        rejection: { code: 'InvalidInput' },
      });
    }
  });

  it('is closed to whoever may not read it', async () => {
    const { userId, owner } = await rig.person();
    const member = { ...owner, principal: { ...asUser(userId, randomUUID()), permissions: ['org:read' as const] } };
    expect(await rig.ask(identity.ListAudit, { org: 'any' }, member)).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    expect(await rig.ask(identity.ListPlatformAudit, {}, owner)).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    granted(await rig.ask(identity.ListPlatformAudit, {}, contextOf(asOperator)));
  });

  it('keeps no address where anybody could read it who has the database alone', async () => {
    const { owner } = await rig.person();
    const origin = { ip: '203.0.113.77', userAgent: `curious/${randomUUID()}` };
    granted(await keyOf({ ...owner, commandId: randomUUID(), origin }, 'sealed'));
    await toldWhence(owner, { action: 'api_key.created' });
    const everything = await rig.everything();
    expect(everything).not.toContain(origin.userAgent);
    expect(everything).not.toContain(origin.ip);
    const published = await rig.published('log.identity.ApiKeyCreated.>', 1);
    expect(published).not.toContain(origin.userAgent);
    expect(published).not.toContain('$origin');
  });

  it('forgets of whoever is erased where they were and how they were called, and keeps what they did', async () => {
    const [boss, leaver] = [await rig.person(), await rig.person()];
    const org = granted(await rig.ask(identity.CreateOrg, { name: 'Both' }, contextOf(boss.owner.principal)));
    const inOrg = { orgId: org.id };
    const { token } = granted(
      await rig.ask(identity.CreateInvite, { org: 'any', email: leaver.email, role: 'admin' }, contextOf(boss.owner.principal, inOrg)),
    );
    granted(await rig.ask(identity.AcceptInvite, { token }, contextOf(leaver.owner.principal)));
    const origin = somewhere();
    granted(await keyOf(contextOf(leaver.owner.principal, { ...inOrg, origin }), 'theirs'));
    const reader = contextOf(boss.owner.principal, inOrg);
    await toldWhence(reader, { actor: leaver.userId, action: 'api_key.created' });
    granted(await rig.ask(identity.DeleteMe, {}, contextOf(leaver.owner.principal)));
    await eventually(
      async () => {
        const [entry] = (await trail(reader, { actor: leaver.userId, action: 'api_key.created' })).items;
        expect(entry).toMatchObject({ actor: { kind: 'user', id: leaver.userId, name: '[erased]' }, ip: null, userAgent: null });
        const { rowCount } = await rig.pool.query('SELECT FROM audit_entries WHERE person = $1 OR scope = $1::uuid', [leaver.userId]);
        expect(rowCount).toBe(0);
      },
      { within: 15_000 },
    );
    expect((await trail(reader, { ip: origin.ip })).items).toEqual([]);
  });

  it('is kept for nobody who is there no more, of what ended with them neither', async () => {
    const { owner, userId } = await rig.person();
    const key = granted(await keyOf(owner, 'last'));
    await told(owner, { action: 'api_key.created' });
    granted(await rig.ask(identity.DeleteMe, {}, contextOf(owner.principal)));
    await eventually(
      async () => {
        const { rows } = await rig.pool.query("SELECT id::text FROM events WHERE stream = $1 AND type LIKE 'ApiKeyRevoked%'", [
          `api-key-${key.id}`,
        ]);
        const heard = await rig.pool.query("SELECT FROM once WHERE key = $1 AND scope LIKE 'inbox %audit'", [rows[0]?.id]);
        expect(heard.rowCount).toBe(1);
      },
      { within: 15_000 },
    );
    await eventually(async () => {
      const kept = await rig.pool.query('SELECT action FROM audit_entries WHERE scope = ANY($1::uuid[])', [[owner.orgId, userId]]);
      expect(kept.rows).toEqual([]);
    });
  });
});
