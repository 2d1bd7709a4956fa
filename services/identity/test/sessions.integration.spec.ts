import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { contextOf, eventually, granted, nobody } from '@orrery/testing';
import { password, Rig, somewhere } from './fixtures/rig.ts';

describe('the sessions of a person', () => {
  let rig: Rig;
  let told: SnapshotWatcher<typeof identity.Snapshots.sessions.value>;

  beforeAll(async () => {
    rig = await Rig.start();
    told = await rig.watch(identity.Snapshots.sessions);
  }, 60_000);
  afterAll(() => rig?.stop(), 30_000);

  const isRefreshed = async (refreshToken: string): Promise<boolean> => (await rig.ask(identity.RefreshSession, { refreshToken })).accepted;

  it('are listed with where they were opened, the newest first, and which is this one', async () => {
    const { email } = await rig.person();
    const [first, second] = [await rig.logIn(email, { ip: '192.0.2.1', userAgent: 'one' }), await rig.logIn(email)];
    const { items } = granted(await rig.ask(identity.ListSessions, {}, first.as()));
    expect(items.map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
      [second.sessionId, false],
      [first.sessionId, true],
    ]);
    expect(items[1]).toMatchObject({ method: 'password', ip: '192.0.2.1', userAgent: 'one', secondFactorNeeded: false });
  });

  it('are sealed where they tell of the person', async () => {
    const { email } = await rig.person();
    const { sessionId } = await rig.logIn(email, { ip: '203.0.113.77', userAgent: 'a rare browser' });
    const { rows } = await rig.pool.query('SELECT data::text FROM events WHERE stream = $1', [`session-${sessionId}`]);
    expect(rows).toHaveLength(2);
    for (const { data } of rows) expect(data).not.toMatch(/203\.0\.113\.77|a rare browser/);
  });

  it('end one by one, and gateways hear of it', async () => {
    const { email } = await rig.person();
    const [one, other] = [await rig.logIn(email), await rig.logIn(email)];
    granted(await rig.ask(identity.RevokeSession, { sessionId: other.sessionId }, one.as()));
    await eventually(() => expect(told.get(other.sessionId)).toMatchObject({ state: 'revoked' }), { within: 1_000 });
    expect(await isRefreshed(other.refreshToken)).toBe(false);
    expect(await isRefreshed(one.refreshToken)).toBe(true);
    granted(await rig.ask(identity.RevokeSession, { sessionId: other.sessionId }, one.as()));
    expect(granted(await rig.ask(identity.ListSessions, {}, one.as())).items).toHaveLength(1);
  });

  it('end where they are', async () => {
    const { email } = await rig.person();
    const { sessionId, refreshToken, as } = await rig.logIn(email);
    granted(await rig.ask(identity.EndSession, {}, as()));
    await eventually(() => expect(told.get(sessionId)).toMatchObject({ state: 'revoked' }), { within: 1_000 });
    expect(await isRefreshed(refreshToken)).toBe(false);
  });

  it('end for a person who owes a second factor, too', async () => {
    const { email, userId } = await rig.person();
    const { sessionId, refreshToken } = await rig.logIn(email);
    granted(await rig.ask(identity.EndSession, {}, contextOf({ kind: 'pending', id: userId, sessionId })));
    expect(await isRefreshed(refreshToken)).toBe(false);
  });

  it('end all at once, or all the others', async () => {
    const { email } = await rig.person();
    const [one, two, three] = [await rig.logIn(email), await rig.logIn(email), await rig.logIn(email)];
    expect(granted(await rig.ask(identity.LogOutEverywhere, { keepThis: true }, one.as()))).toEqual({ revoked: 2 });
    for (const { sessionId } of [two, three]) {
      await eventually(() => expect(told.get(sessionId)).toMatchObject({ state: 'revoked' }), { within: 1_000 });
    }
    expect(await isRefreshed(one.refreshToken)).toBe(true);
    expect(granted(await rig.ask(identity.LogOutEverywhere, {}, one.as()))).toEqual({ revoked: 1 });
    expect(granted(await rig.ask(identity.LogOutEverywhere, {}, one.as()))).toEqual({ revoked: 0 });
  });

  it('of others are as if they did not exist', async () => {
    const [mine, theirs] = [await rig.logIn((await rig.person()).email), await rig.logIn((await rig.person()).email)];
    for (const sessionId of [theirs.sessionId, randomUUID()]) {
      const id = identity.SessionId.parse(sessionId);
      expect(await rig.ask(identity.RevokeSession, { sessionId: id }, mine.as())).toMatchObject({
        accepted: false,
        rejection: { code: 'SessionNotFound', details: {} },
      });
    }
    expect(await isRefreshed(theirs.refreshToken)).toBe(true);
  });

  it('are not ended by a refresh token that somebody made up', async () => {
    const { refreshToken, sessionId } = await rig.logIn((await rig.person()).email);
    for (const made of [`${sessionId}.${'A'.repeat(32)}.${'A'.repeat(22)}`, `${sessionId}.x`, refreshToken.slice(0, -4)]) {
      expect(await rig.ask(identity.RefreshSession, { refreshToken: made })).toMatchObject({ rejection: { code: 'BadRefreshToken' } });
      expect(await rig.ask(identity.LogOut, { refreshToken: made })).toMatchObject({ rejection: { code: 'BadRefreshToken' } });
    }
    expect(await isRefreshed(refreshToken)).toBe(true);
  });

  it('are told of as ended when a refresh token comes twice', async () => {
    const { refreshToken, sessionId } = await rig.logIn((await rig.person()).email);
    expect(await isRefreshed(refreshToken)).toBe(true);
    expect(told.get(sessionId)).toBeUndefined();
    expect(await isRefreshed(refreshToken)).toBe(false);
    await eventually(() => expect(told.get(sessionId)).toMatchObject({ state: 'revoked' }), { within: 1_000 });
  });

  it('open with an id of their own for each log-in, whatever the caller asks for', async () => {
    const { email } = await rig.person();
    const context = contextOf(nobody, { origin: somewhere(), commandId: 'chosen', idempotent: true });
    const [first, again] = [
      granted(await rig.ask(identity.LogIn, { email, password }, context)),
      granted(await rig.ask(identity.LogIn, { email, password }, context)),
    ];
    expect(again).toEqual(first);
    expect(await rig.ask(identity.LogIn, { email, password: 'wrong' }, context)).toMatchObject({ rejection: { code: 'BadCredentials' } });
  });

  it('are told to gateways again after the bus lost everything', async () => {
    const { sessionId, as } = await rig.logIn((await rig.person()).email);
    granted(await rig.ask(identity.EndSession, {}, as()));
    await eventually(() => expect(told.get(sessionId)).toBeDefined());
    await rig.nats.wipe();
    await eventually(
      async () => {
        const fresh = await rig.watch(identity.Snapshots.sessions);
        expect(fresh.get(sessionId)).toMatchObject({ state: 'revoked' });
      },
      { within: 20_000 },
    );
  }, 40_000);
});
