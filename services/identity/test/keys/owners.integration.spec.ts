import { randomUUID } from 'node:crypto';
import { identity as contracts, type RequestContext } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, contextOf, eventually, granted } from '@orrery/testing';
import { startNeighbours } from '../fixtures/neighbours.ts';
import { asMember, join, refusalOf } from '../fixtures/people.ts';
import { type Person, Rig } from '../fixtures/rig.ts';

let rig: Rig;
let neighbours: Awaited<ReturnType<typeof startNeighbours>>;
let told: SnapshotWatcher<typeof contracts.KeySnapshot>;
let plans: SnapshotWatcher<typeof contracts.PlanSnapshot>;

beforeAll(async () => {
  rig = await Rig.start();
  neighbours = await startNeighbours(rig.bus);
  told = await rig.watch(contracts.Snapshots.keys);
  plans = await rig.watch(contracts.Snapshots.plans);
}, 60_000);
afterAll(async () => {
  await neighbours?.stop();
  await rig?.stop();
}, 30_000);

const again = (context: RequestContext): RequestContext => ({ ...context, commandId: randomUUID() });
const isValid = async (key: string): Promise<boolean> => granted(await rig.ask(contracts.ValidateApiKey, { key })).isValid;
const own = async ({ owner }: Person, more: object = {}) =>
  granted(await rig.ask(contracts.CreateMyApiKey, { name: 'laptop', ...more }, again(owner)));

/** An organization with an owner and an admin, and a key that the admin made. */
const team = async () => {
  const [founder, admin] = [await rig.person(), await rig.person()];
  const org = granted(await rig.ask(contracts.CreateOrg, { name: 'Acme' }, again(founder.owner)));
  const asFounder = () => asMember(founder.userId, org.id, 'owner');
  const asAdmin = () => asMember(admin.userId, org.id, 'admin');
  await join(rig, admin, { org, by: asFounder() }, 'admin');
  const key = granted(await rig.ask(contracts.CreateApiKey, { name: 'ci' }, asAdmin()));
  return { founder, admin, org, asFounder, asAdmin, key };
};

describe("a person's own key", () => {
  it('is in no organization’s list, and no fact about it in any', async () => {
    const person = await rig.person();
    const made = await own(person);
    expect(made).toMatchObject({ orgId: null, userId: person.userId, isAnsweredFor: true });
    expect(granted(await rig.ask(contracts.ListApiKeys, {}, again(person.owner))).items).toEqual([]);
    expect(granted(await rig.ask(contracts.ListMyApiKeys, {}, again(person.owner))).items).toMatchObject([{ id: made.id }]);
    await eventually(() => expect(told.get(made.id)).toMatchObject({ orgId: null }), { within: 1_000 });
    const heard = await rig.published(`log.identity.ApiKeyCreated.*.api-key-${made.id}`, 1);
    expect(heard).not.toContain(person.owner.orgId);
  });

  it('is theirs alone', async () => {
    const [mine, theirs] = [await rig.person(), await rig.person()];
    const { id: keyId } = await own(mine);
    for (const outcome of [
      await rig.ask(contracts.UpdateMyApiKey, { keyId, name: 'x' }, again(theirs.owner)),
      await rig.ask(contracts.ToggleMyApiKey, { keyId }, again(theirs.owner)),
      await rig.ask(contracts.RotateMyApiKey, { keyId }, again(theirs.owner)),
      await rig.ask(contracts.RevokeMyApiKey, { keyId }, again(theirs.owner)),
      await rig.ask(contracts.RevokeApiKey, { keyId }, again(mine.owner)),
    ]) {
      expect(refusalOf(outcome)).toBe('ApiKeyNotFound');
    }
    expect(granted(await rig.ask(contracts.UpdateMyApiKey, { keyId, name: 'desktop' }, again(mine.owner)))).toMatchObject({
      name: 'desktop',
    });
    granted(await rig.ask(contracts.RevokeMyApiKey, { keyId }, again(mine.owner)));
    expect(granted(await rig.ask(contracts.ListMyApiKeys, {}, again(mine.owner))).items).toEqual([]);
  });

  it('stops while they are deactivated', async () => {
    const person = await rig.person();
    const { id, key } = await own(person);
    const orgKey = granted(await rig.ask(contracts.CreateApiKey, { name: 'ci' }, again(person.owner)));
    await eventually(() => expect(told.get(id)).toBeDefined());
    granted(await rig.ask(contracts.DeactivateMe, {}, again(person.owner)));
    await eventually(() => expect([told.get(id), told.get(orgKey.id)]).toEqual([undefined, undefined]), { within: 1_000 });
    expect(await Promise.all([key, orgKey.key].map(isValid))).toEqual([false, false]);
    granted(await rig.ask(contracts.ReactivateUser, { userId: orgKey.userId }, contextOf(asOperator)));
    await eventually(() => expect(told.get(id)).toBeDefined(), { within: 1_000 });
    expect(await Promise.all([key, orgKey.key].map(isValid))).toEqual([true, true]);
  });

  it('ends with their account, and what they called it is forgotten', async () => {
    const person = await rig.person();
    const mark = randomUUID();
    const { id } = await own(person, { name: `laptop ${mark}`, description: `of ${mark}` });
    expect(await rig.everything()).toContain(mark);
    granted(await rig.ask(contracts.DeleteMe, {}, again(person.owner)));
    await eventually(() => expect(told.get(id)).toBeUndefined(), { within: 1_000 });
    await eventually(async () => {
      const { rows } = await rig.pool.query('SELECT revoked_at FROM api_keys WHERE id = $1', [id]);
      expect(rows).toEqual([{ revoked_at: expect.any(Date) }]);
      expect(await rig.everything()).not.toContain(mark);
    });
  });
});

describe('a key of an organization', () => {
  it('works no more when who made it has left, until somebody else gives it a new secret', async () => {
    const { admin, org, asFounder, key } = await team();
    expect(await isValid(key.key)).toBe(true);
    granted(await rig.ask(contracts.RemoveMember, { org: org.slug, userId: key.userId }, asFounder()));
    expect(await isValid(key.key)).toBe(false);
    const get = async () => granted(await rig.ask(contracts.GetApiKey, { keyId: key.id }, asFounder()));
    expect(await get()).toMatchObject({ isActive: true, isAnsweredFor: false, userId: admin.userId });
    const taken = granted(await rig.ask(contracts.RotateApiKey, { keyId: key.id }, asFounder()));
    expect(taken.isAnsweredFor).toBe(true);
    // The overlap does not bring back the secret that only they knew.
    expect(await Promise.all([key.key, taken.key].map(isValid))).toEqual([false, true]);
  });

  it('ends with the organization', async () => {
    const { org, asFounder, key } = await team();
    granted(await rig.ask(contracts.DeleteOrg, { org: org.slug, name: org.name }, asFounder()));
    await eventually(() => expect(told.get(key.id)).toBeUndefined());
    expect(await isValid(key.key)).toBe(false);
  });
});

describe('the plan of an organization', () => {
  const set = async (orgId: string, plan: contracts.PlanName | null) =>
    rig.ask(contracts.SetOrgPlan, { orgId: contracts.PlanSnapshot.shape.orgId.parse(orgId), plan }, contextOf(asOperator));

  it('is what the operator says, everywhere', async () => {
    const { owner } = await rig.person();
    const orgId = owner.orgId ?? '';
    const plan = async () => granted(await rig.ask(contracts.GetOrgPlan, { org: 'x' }, again(owner)));
    expect(await plan()).toEqual({ plan: null, requestsPerMinute: null, webSockets: null });
    expect(granted(await set(orgId, 'starter'))).toEqual({ plan: 'starter', requestsPerMinute: 300, webSockets: 3 });
    await eventually(() => expect(plans.get(orgId)).toEqual({ orgId, plan: 'starter' }), { within: 1_000 });
    granted(await set(orgId, 'team'));
    expect(await plan()).toEqual({ plan: 'team', requestsPerMinute: 5_000, webSockets: null });
    granted(await set(orgId, null));
    await eventually(() => expect(plans.get(orgId)).toBeUndefined(), { within: 1_000 });
  });

  it('is nobody else’s to say, and of no organization that there is not', async () => {
    const { owner } = await rig.person();
    const wish = { orgId: contracts.PlanSnapshot.shape.orgId.parse(owner.orgId), plan: 'team' as const };
    expect(refusalOf(await rig.ask(contracts.SetOrgPlan, wish, again(owner)))).toBe('Forbidden');
    expect(refusalOf(await set(randomUUID(), 'team'))).toBe('OrgNotFound');
  });
});
