import { randomUUID } from 'node:crypto';
import { identity, OrgId, UserId } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, contextOf, eventually, granted } from '@orrery/testing';
import { startNeighbours } from './fixtures/neighbours.ts';
import { join, refusalOf } from './fixtures/people.ts';
import { type Person, password, Rig } from './fixtures/rig.ts';

describe('the deletion of an account', () => {
  let rig: Rig;
  let neighbours: Awaited<ReturnType<typeof startNeighbours>>;
  let members: SnapshotWatcher<typeof identity.Snapshots.members.value>;
  let told: SnapshotWatcher<typeof identity.Snapshots.sessions.value>;

  beforeAll(async () => {
    rig = await Rig.start();
    neighbours = await startNeighbours(rig.bus);
    [members, told] = [await rig.watch(identity.Snapshots.members), await rig.watch(identity.Snapshots.sessions)];
  }, 60_000);
  afterAll(async () => {
    await neighbours?.stop();
    await rig?.stop();
  }, 30_000);

  const anew = ({ owner }: Person) => ({ ...owner, commandId: randomUUID() });
  const remove = (person: Person) => rig.ask(identity.DeleteMe, {}, anew(person));
  const named = async (email: string, name: string): Promise<Person> => {
    const { userId, orgId } = granted(await rig.ask(identity.SignUp, { email, password, name }));
    const owner = contextOf({ kind: 'user', id: userId, permissions: [] }, { orgId });
    granted(await rig.ask(identity.VerifyEmail, { token: await rig.token(email, 'Confirm your e-mail address') }));
    return { email, userId, owner };
  };
  const orgOf = async (person: Person) => granted(await rig.ask(identity.CreateOrg, { name: 'Analytical Engines' }, anew(person)));

  it('ends every session, and nobody logs in again', async () => {
    const person = await rig.person();
    const { sessionId, refreshToken } = await rig.logIn(person.email);
    granted(await remove(person));
    await eventually(() => expect(told.get(sessionId)).toMatchObject({ state: 'revoked' }), { within: 2_000 });
    await eventually(() => expect(members.get(person.userId)?.memberships ?? []).toEqual([]));
    expect((await rig.ask(identity.RefreshSession, { refreshToken })).accepted).toBe(false);
    expect(refusalOf(await rig.ask(identity.LogIn, { email: person.email, password }))).toBe('BadCredentials');
    expect(refusalOf(await rig.ask(identity.GetMe, {}, anew(person)))).toBe('UserNotFound');
    expect(refusalOf(await remove(person))).toBe('UserNotFound');
  });

  it('is deleted once, however many ask for it at once', async () => {
    const person = await rig.person();
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => remove(person).then(refusalOf)));
    expect(outcomes).toContain('granted');
    expect(outcomes.filter((outcome) => outcome !== 'granted' && outcome !== 'UserNotFound')).toEqual([]);
  });

  it('leaves nothing in which the person can be recognised, but for the last letter', async () => {
    const mark = randomUUID().slice(0, 8);
    const email = `lovelace-${mark}@example.com`;
    const person = await named(email, `Augusta ${mark}`);
    granted(await rig.ask(identity.UpdateMe, { name: `Countess ${mark}` }, anew(person)));
    const { as } = await rig.logIn(email, { ip: '203.0.113.200', userAgent: `browser of ${mark}` });
    granted(await rig.ask(identity.CreateOrg, { name: `Org of ${mark}`, billingEmail: email }, as()));
    const founder = await rig.person();
    const org = await orgOf(founder);
    await join(rig, person, { org, by: { ...founder.owner, orgId: org.id } }, 'member');
    expect(await rig.everything()).toContain(mark);
    const logged = (await rig.pool.query('SELECT id, stream, version FROM events ORDER BY id')).rows;
    granted(await remove(person));
    await eventually(async () => {
      const subjects = (await rig.letters(email)).map(({ subject }) => subject);
      // What was on its way to the person before is gone with the person.
      expect(subjects).toEqual(['Your account was deleted']);
    });
    await eventually(async () => {
      const everything = await rig.everything();
      expect([everything.includes(mark), everything.includes('203.0.113.200')]).toEqual([false, false]);
    });
    // Nothing was taken out of the log, and all of it can be read.
    const after = (await rig.pool.query('SELECT id, stream, version FROM events ORDER BY id')).rows;
    expect(after).toEqual(expect.arrayContaining(logged));
  }, 60_000);

  it('frees the address for somebody new, who is somebody else', async () => {
    const person = await rig.person();
    granted(await remove(person));
    const again = await named(person.email, 'Somebody New');
    expect(again.userId).not.toBe(person.userId);
    await eventually(async () => (await rig.pool.query('SELECT FROM person_keys WHERE person = $1', [person.userId])).rowCount === 0);
    expect(granted(await rig.ask(identity.GetMe, {}, anew(again)))).toMatchObject({ email: person.email, name: 'Somebody New' });
  });

  it('is refused while others would be left without an owner', async () => {
    const [founder, other] = [await rig.person(), await rig.person()];
    const org = await orgOf(founder);
    await join(rig, other, { org, by: { ...founder.owner, orgId: org.id } }, 'member');
    const outcome = await remove(founder);
    expect(outcome).toMatchObject({ accepted: false, rejection: { code: 'LastOwner', details: { org: org.slug } } });
    expect(granted(await rig.ask(identity.GetMe, {}, anew(founder)))).toMatchObject({ isActive: true });
    granted(await remove(other));
    granted(await remove(founder));
  });

  it('is refused while money is left that would be nobody’s', async () => {
    const person = await rig.person();
    const org = await orgOf(person);
    neighbours.known.unsettled.add(OrgId.parse(org.id));
    expect(await remove(person)).toMatchObject({ accepted: false, rejection: { code: 'OrgHasBalance', details: { org: org.slug } } });
    neighbours.known.unsettled.clear();
    granted(await remove(person));
  });

  it('comes about even where identity dies right after it has answered', async () => {
    const person = await rig.person();
    const [answered] = await Promise.all([remove(person), rig.pool.query('SELECT 1')]);
    granted(answered);
    await rig.restart();
    await eventually(async () => (await rig.pool.query('SELECT FROM person_keys WHERE person = $1', [person.userId])).rowCount === 0, {
      within: 30_000,
    });
  }, 60_000);

  it('can be asked for by the operator', async () => {
    const { userId } = await rig.person();
    granted(await rig.ask(identity.DeleteUser, { userId: UserId.parse(userId) }, contextOf(asOperator)));
    const unknown = await rig.ask(identity.DeleteUser, { userId: UserId.parse(randomUUID()) }, contextOf(asOperator));
    expect(refusalOf(unknown)).toBe('UserNotFound');
  });
});
