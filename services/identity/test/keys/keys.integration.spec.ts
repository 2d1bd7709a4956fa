import { randomUUID } from 'node:crypto';
import { identity as contracts, type RequestContext } from '@orrery/contracts';
import { hashApiKey, isGenuineApiKey } from '@orrery/credentials';
import type { SnapshotWatcher } from '@orrery/messaging';
import { secretsOf } from '@orrery/process';
import { asService, contextOf, eventually, granted } from '@orrery/testing';
import { asMember, refusalOf } from '../fixtures/people.ts';
import { type Person, Rig, secret } from '../fixtures/rig.ts';

const macKey = secretsOf(Buffer.from(secret, 'hex'))('api-key-mac');

let rig: Rig;
let told: SnapshotWatcher<typeof contracts.KeySnapshot>;

beforeAll(async () => {
  rig = await Rig.start();
  told = await rig.watch(contracts.Snapshots.keys);
}, 60_000);
afterAll(() => rig?.stop(), 30_000);

const again = (context: RequestContext): RequestContext => ({ ...context, commandId: randomUUID() });
const create = async ({ owner }: Person, more: Partial<contracts.ShownApiKey> = {}) =>
  granted(await rig.ask(contracts.CreateApiKey, { name: 'ci', ...more }, again(owner)));
const listOf = async ({ owner }: Person, more: object = {}) => granted(await rig.ask(contracts.ListApiKeys, more, again(owner))).items;
const isValid = async (key: string): Promise<boolean> => granted(await rig.ask(contracts.ValidateApiKey, { key })).isValid;

describe('an API key', () => {
  it.each(['lk', 'lmsk'] as const)(
    'of the form %s is known to gateways when it is shown, and to nobody when it is revoked',
    async (form) => {
      const person = await rig.person();
      const { id, key, prefix } = await create(person, { form });
      expect(isGenuineApiKey(macKey, key)).toBe(true);
      expect(key.startsWith(prefix)).toBe(true);
      await eventually(() => expect(told.get(id)).toMatchObject({ orgId: person.owner.orgId }), { within: 1_000 });
      expect(told.get(id)?.secrets).toEqual([{ hash: hashApiKey(key), userId: person.userId, until: null }]);
      granted(await rig.ask(contracts.RevokeApiKey, { keyId: id }, again(person.owner)));
      await eventually(() => expect(told.get(id)).toBeUndefined(), { within: 1_000 });
      expect(await listOf(person)).toEqual([]);
      expect(await listOf(person, { include: 'revoked' })).toMatchObject([{ id, isActive: false, revokedAt: expect.any(String) }]);
      expect(await isValid(key)).toBe(false);
    },
  );

  it('is shown again to whoever repeats the request', async () => {
    const person = await rig.person();
    const context = { ...again(person.owner), idempotent: true };
    const ask = async (name = 'ci') => rig.ask(contracts.CreateApiKey, { name }, context);
    const [first, second] = [granted(await ask()), granted(await ask())];
    expect(second).toEqual(first);
    expect(await listOf(person)).toHaveLength(1);
    expect(refusalOf(await ask('other'))).toBe('IdempotencyKeyReused');
  });

  it('has a name of its own where that is wished, however many ask at once, until it is called something else or revoked', async () => {
    const [person, other] = [await rig.person(), await rig.person()];
    const unique = (name: string, { owner } = person) => rig.ask(contracts.CreateApiKey, { name, isNameUnique: true }, again(owner));
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => unique('deploy')));
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1);
    expect(new Set(outcomes.filter(({ accepted }) => !accepted).map(refusalOf))).toEqual(new Set(['KeyNameTaken']));
    granted(await unique('deploy', other));
    const [{ id: keyId } = { id: '' }] = await listOf(person);
    granted(await rig.ask(contracts.UpdateApiKey, { keyId, name: 'renamed' }, again(person.owner)));
    expect(refusalOf(await unique('renamed'))).toBe('KeyNameTaken');
    const { id } = granted(await unique('deploy'));
    granted(await rig.ask(contracts.RevokeApiKey, { keyId: id }, again(person.owner)));
    granted(await unique('deploy'));
    await create(person, { name: 'deploy' });
  });

  it('is renamed to no name of another one where that is wished, however many ask at once', async () => {
    const person = await rig.person();
    const rename = (keyId: string, name: string) =>
      rig.ask(contracts.UpdateApiKey, { keyId: contracts.ApiKeyId.parse(keyId), name, isNameUnique: true }, again(person.owner));
    const made = [await create(person, { name: 'one' }), await create(person, { name: 'two' }), await create(person, { name: 'three' })];
    const [one = '', two = '', three = ''] = made.map(({ id }) => id);
    expect(refusalOf(await rename(two, 'one'))).toBe('KeyNameTaken');
    granted(await rename(one, 'one'));
    const outcomes = await Promise.all([one, two, three].map((id) => rename(id, 'last')));
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(1);
    expect(new Set(outcomes.filter(({ accepted }) => !accepted).map(refusalOf))).toEqual(new Set(['KeyNameTaken']));
    granted(await rename((await listOf(person)).find(({ name }) => name === 'last')?.id ?? '', 'free'));
    granted(await rename(three, 'last'));
  });

  it('is kept nowhere in the clear, and published without any trace of its secrets', async () => {
    const person = await rig.person();
    const { id, key } = await create(person, { name: 'plain' });
    const rotated = granted(await rig.ask(contracts.RotateApiKey, { keyId: id }, again(person.owner)));
    granted(await rig.ask(contracts.UpdateApiKey, { keyId: id, name: 'renamed' }, again(person.owner)));
    granted(await rig.ask(contracts.RevokeApiKey, { keyId: id }, again(person.owner)));
    const kept = await rig.everything();
    const heard = await rig.published(`log.identity.*.*.api-key-${id}`, 4);
    for (const type of ['ApiKeyCreated', 'ApiKeyRotated', 'ApiKeyUpdated', 'ApiKeyRevoked']) expect(heard).toContain(type);
    for (const secretText of [key, rotated.key, key.slice(-30), rotated.key.slice(-30)]) {
      expect(kept).not.toContain(secretText);
      expect(heard).not.toContain(secretText);
    }
    for (const text of [key, rotated.key]) expect(heard).not.toContain(hashApiKey(text));
  });

  it('of another organization does not exist, whatever is wished', async () => {
    const [mine, theirs] = [await rig.person(), await rig.person()];
    const { id: keyId } = await create(mine);
    const wishes = [
      rig.ask(contracts.GetApiKey, { keyId }, again(theirs.owner)),
      rig.ask(contracts.UpdateApiKey, { keyId, name: 'x' }, again(theirs.owner)),
      rig.ask(contracts.ToggleApiKey, { keyId }, again(theirs.owner)),
      rig.ask(contracts.RotateApiKey, { keyId }, again(theirs.owner)),
      rig.ask(contracts.RevokeApiKey, { keyId }, again(theirs.owner)),
      rig.ask(contracts.RevokeMyApiKey, { keyId }, again(mine.owner)),
      rig.ask(contracts.GetApiKey, { keyId: contracts.ApiKeyId.parse(randomUUID()) }, again(theirs.owner)),
    ];
    for (const outcome of await Promise.all(wishes)) expect(outcome).toMatchObject({ rejection: { code: 'ApiKeyNotFound', details: {} } });
  });

  it('is refused with an expiry in the past, or with more than can be kept', async () => {
    const person = await rig.person();
    const ask = async (more: object) => refusalOf(await rig.ask(contracts.CreateApiKey, { name: 'x', ...more }, again(person.owner)));
    expect(await ask({ expiresAt: '2020-01-01T00:00:00.000Z' })).toBe('ExpiryInThePast');
    expect(await ask({ addresses: ['not an address'] })).toBe('InvalidInput');
    expect(await ask({ addresses: ['10.0.0.0/33'] })).toBe('InvalidInput');
    expect(await ask({ monthlySpend: '-1' })).toBe('InvalidInput');
    expect(await ask({ scopes: [] })).toBe('InvalidInput');
    const resources = Array.from({ length: 100 }, () => randomUUID());
    expect(await ask({ scopes: [{ permissions: ['runs:read', 'logs:read', 'metrics:read'], resources }] })).toBe('InvalidInput');
    expect(await ask({ scopes: [{ permissions: ['runs:read', 'logs:read'], resources }] })).toBe('granted');
    expect(await ask({ form: 'sk' })).toBe('InvalidInput');
  });
});

describe('the rules of a key', () => {
  it('reach the gateways as they were written, and change there', async () => {
    const person = await rig.person();
    const rules = {
      scopes: [{ permissions: ['runs:read' as const], resources: [randomUUID()] }, { permissions: ['logs:read' as const] }],
      models: ['llama-3'],
      addresses: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'],
      monthlyTokens: 1_000_000,
      monthlySpend: contracts.KeyRules.shape.monthlySpend.parse('5000000000'),
    };
    const made = await create(person, rules);
    expect(made).toMatchObject(rules);
    await eventually(() => expect(told.get(made.id)).toMatchObject(rules), { within: 1_000 });
    const change = { models: null, addresses: ['::1'], monthlyTokens: 0 };
    const changed = granted(await rig.ask(contracts.UpdateApiKey, { keyId: made.id, ...change }, again(person.owner)));
    expect(changed).toMatchObject({ ...rules, ...change });
    await eventually(() => expect(told.get(made.id)).toMatchObject({ ...rules, ...change }), { within: 1_000 });
  });

  it('give nobody what they do not hold', async () => {
    const person = await rig.person();
    const admin = asMember(person.userId, person.owner.orgId ?? '', 'admin');
    const scopes = [{ permissions: ['billing:manage' as const, 'runs:read' as const] }];
    const made = granted(await rig.ask(contracts.CreateApiKey, { name: 'x', scopes }, again(admin)));
    expect(made.scopes).toEqual([{ permissions: ['runs:read'] }]);
    const nothing = await rig.ask(contracts.CreateApiKey, { name: 'x', scopes: [{ permissions: ['org:delete'] }] }, again(admin));
    expect(refusalOf(nothing)).toBe('PermissionsNotHeld');
    const rich = await create(person, { scopes });
    const rotated = granted(await rig.ask(contracts.RotateApiKey, { keyId: rich.id }, again(admin)));
    expect(rotated.scopes).toEqual([{ permissions: ['runs:read'] }]);
  });

  it('keep a key from making another that lacks them', async () => {
    const person = await rig.person();
    const orgId = person.owner.orgId ?? '';
    const as = (id: string): RequestContext =>
      contextOf({ kind: 'key', id, userId: person.userId, permissions: ['keys:manage', 'runs:read'] }, { orgId });
    const scopes = [{ permissions: ['keys:manage' as const, 'runs:read' as const] }];
    const wide = await create(person, { scopes });
    const wish = { name: 'child', scopes: [{ permissions: ['runs:read' as const, 'billing:manage' as const] }] };
    const child = granted(await rig.ask(contracts.CreateApiKey, wish, as(wide.id)));
    expect(child.scopes).toEqual([{ permissions: ['runs:read'] }]);
    const rules = [
      { addresses: ['10.0.0.0/8'] },
      { models: ['x'] },
      { monthlyTokens: 1 },
      { expiresAt: '2100-01-01T00:00:00.000Z' },
      { scopes: [{ permissions: ['keys:manage' as const], resources: ['x'] }] },
    ];
    for (const rule of rules) {
      const narrow = await create(person, { scopes, ...rule });
      for (const outcome of [
        await rig.ask(contracts.CreateApiKey, { name: 'child' }, as(narrow.id)),
        await rig.ask(contracts.UpdateApiKey, { keyId: narrow.id, addresses: null, models: null }, as(narrow.id)),
        await rig.ask(contracts.RotateApiKey, { keyId: wide.id }, as(narrow.id)),
        await rig.ask(contracts.CreateMyApiKey, { name: 'child' }, as(narrow.id)),
      ]) {
        expect([rule, refusalOf(outcome)]).toEqual([rule, 'KeyMayNotManageKeys']);
      }
    }
    expect(refusalOf(await rig.ask(contracts.CreateMyApiKey, { name: 'own' }, as(wide.id)))).toBe('KeyMayNotManageKeys');
  });
});

describe('what a key asks about its person', () => {
  const asKey = (person: Person, id: string): RequestContext =>
    contextOf({ kind: 'key', id, userId: person.userId, permissions: ['runs:read'] }, { orgId: person.owner.orgId ?? '' });
  const own = async (person: Person, more: object) =>
    granted(await rig.ask(contracts.CreateMyApiKey, { name: 'own', ...more }, again(person.owner)));

  it('is no business of a key that is not the person’s own, or that its scopes narrow: it manages no other keys', async () => {
    const person = await rig.person();
    const scopes = [{ permissions: ['runs:read' as const] }];
    const [wide, narrow, ofOrg] = [await own(person, {}), await own(person, { scopes }), await create(person, { scopes })];
    const list = (id: string) => rig.ask(contracts.ListMyApiKeys, {}, asKey(person, id));
    const revoke = (id: string) => rig.ask(contracts.RevokeMyApiKey, { keyId: wide.id }, asKey(person, id));
    for (const { id } of [narrow, ofOrg]) {
      expect([refusalOf(await list(id)), refusalOf(await revoke(id))]).toEqual(['KeyMayNotManageKeys', 'KeyMayNotManageKeys']);
    }
    expect(granted(await list(wide.id)).items).toHaveLength(2);
  });

  it('is answered of its own organization alone, where it belongs to one', async () => {
    const person = await rig.person();
    granted(await rig.ask(contracts.CreateOrg, { name: 'Second' }, again(person.owner)));
    const orgs = async (id: string) => granted(await rig.ask(contracts.ListOrgs, {}, asKey(person, id))).items.map((org) => org.id);
    expect(await orgs((await create(person, {})).id)).toEqual([person.owner.orgId]);
    expect(await orgs((await own(person, {})).id)).toHaveLength(2);
  });
});

describe('a new secret', () => {
  const rotate = async (person: Person, keyId: contracts.ApiKeyId, more: object = {}) =>
    granted(await rig.ask(contracts.RotateApiKey, { keyId, ...more }, again(person.owner)));

  it('works beside the one before for a day, unless something else is said', async () => {
    const person = await rig.person();
    const before = await create(person);
    const after = await rotate(person, before.id);
    expect(after.key).not.toBe(before.key);
    expect([after.id, after.prefix, after.createdAt]).toEqual([before.id, before.prefix, before.createdAt]);
    const until = Date.parse(after.formerSecretUntil ?? '') - Date.now();
    expect(Math.abs(until - 86_400_000)).toBeLessThan(60_000);
    await eventually(() => expect(told.get(before.id)?.secrets).toHaveLength(2), { within: 1_000 });
    expect(await Promise.all([before.key, after.key].map(isValid))).toEqual([true, true]);
    const third = await rotate(person, before.id, { overlapSeconds: 60 });
    expect(await Promise.all([before.key, after.key, third.key].map(isValid))).toEqual([false, true, true]);
  });

  it('ends the one before at once where there is no overlap', async () => {
    const person = await rig.person();
    const before = await create(person, { form: 'lmsk' });
    const after = await rotate(person, before.id, { overlapSeconds: 0 });
    expect(after.formerSecretUntil).toBeNull();
    expect(after.key).toMatch(/^lmsk_/);
    const [hash] = [hashApiKey(after.key)];
    await eventually(() => expect(told.get(before.id)?.secrets.map((each) => each.hash)).toEqual([hash]), { within: 1_000 });
    expect(await Promise.all([before.key, after.key].map(isValid))).toEqual([false, true]);
  });

  it('is the same for whoever repeats the request', async () => {
    const person = await rig.person();
    const { id: keyId } = await create(person);
    const context = { ...again(person.owner), idempotent: true };
    const ask = async () => granted(await rig.ask(contracts.RotateApiKey, { keyId }, context)).key;
    const answers = new Set([await ask(), await ask()]);
    expect(answers.size).toBe(1);
    expect(await Promise.all([...answers].map(isValid))).toEqual([true]);
  });
});

describe('a key that is switched off', () => {
  it('does not work until it is on again', async () => {
    const person = await rig.person();
    const { id: keyId, key } = await create(person);
    const toggle = async () => granted(await rig.ask(contracts.ToggleApiKey, { keyId }, again(person.owner))).isActive;
    expect(await toggle()).toBe(false);
    await eventually(() => expect(told.get(keyId)).toBeUndefined(), { within: 1_000 });
    expect(await isValid(key)).toBe(false);
    expect(await listOf(person)).toMatchObject([{ id: keyId, isActive: false, revokedAt: null }]);
    expect(await toggle()).toBe(true);
    await eventually(() => expect(told.get(keyId)).toBeDefined(), { within: 1_000 });
    expect(await isValid(key)).toBe(true);
  });
});

describe('what was changed by many at once', () => {
  it('is told to gateways as it ended', async () => {
    const person = await rig.person();
    const { id: keyId } = await create(person);
    const changes = Array.from({ length: 12 }, (_, n) => rig.ask(contracts.UpdateApiKey, { keyId, monthlyTokens: n }, again(person.owner)));
    await Promise.all([...changes, rig.ask(contracts.RevokeApiKey, { keyId }, again(person.owner))]);
    await eventually(() => expect(told.get(keyId)).toBeUndefined());
    expect(await listOf(person)).toEqual([]);
  });
});

describe('the last use of a key', () => {
  const asGateway = () => contextOf(asService);
  const record = async (...uses: readonly { readonly keyId: contracts.ApiKeyId; readonly at: string }[]) =>
    granted(await rig.ask(contracts.RecordKeyUses, { uses: [...uses] }, asGateway()));

  it('is the latest that any gateway told, whatever order they told it in', async () => {
    const person = await rig.person();
    const [one, other] = [await create(person), await create(person)];
    expect((await listOf(person)).map(({ lastUsedAt }) => lastUsedAt)).toEqual([null, null]);
    const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    await record({ keyId: one.id, at: late }, { keyId: other.id, at: early }, { keyId: one.id, at: early });
    await record({ keyId: one.id, at: early });
    expect(await listOf(person)).toMatchObject([
      { id: one.id, lastUsedAt: late },
      { id: other.id, lastUsedAt: early },
    ]);
    expect(granted(await rig.ask(contracts.GetApiKey, { keyId: one.id }, again(person.owner))).lastUsedAt).toBe(late);
  });

  it('is never later than now, nor of a key that there is not', async () => {
    const person = await rig.person();
    const { id } = await create(person);
    const stranger = contracts.ApiKeyId.parse(randomUUID());
    await record({ keyId: id, at: '2100-01-01T00:00:00.000Z' }, { keyId: stranger, at: '2026-01-01T00:00:00.000Z' });
    const [key] = await listOf(person);
    expect(Date.parse(key?.lastUsedAt ?? '')).toBeLessThanOrEqual(Date.now() + 1_000);
    const { rows } = await rig.pool.query('SELECT FROM api_key_uses WHERE key_id = $1', [stranger]);
    expect(rows).toEqual([]);
  });

  it('is told by gateways alone', async () => {
    const { owner } = await rig.person();
    expect(refusalOf(await rig.ask(contracts.RecordKeyUses, { uses: [] }, again(owner)))).toBe('Forbidden');
  });
});

describe('a key that somebody asks about', () => {
  it('is named where it works, and nothing is said of any other', async () => {
    const person = await rig.person();
    const { id, key, orgId } = await create(person);
    const answer = granted(await rig.ask(contracts.ValidateApiKey, { key }));
    expect(answer).toEqual({ isValid: true, key: { id, orgId, userId: person.userId, name: 'ci', expiresAt: null } });
    for (const other of ['', 'lk_', `${key}0`, key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))]) {
      expect(granted(await rig.ask(contracts.ValidateApiKey, { key: other }))).toEqual({ isValid: false, key: null });
    }
  });

  it('costs patience where it does not work, and none where nobody ever made it', async () => {
    const person = await rig.person();
    const { id, key } = await create(person);
    granted(await rig.ask(contracts.RevokeApiKey, { keyId: id }, again(person.owner)));
    const rows = async () => (await rig.pool.query('SELECT FROM tries')).rows.length;
    const before = await rows();
    await Promise.all(Array.from({ length: 20 }, () => rig.ask(contracts.ValidateApiKey, { key: 'lk_forged' })));
    expect(await rows()).toBe(before);
    const context = contextOf({ kind: 'nobody' }, { origin: { ip: '192.0.2.77' } });
    const outcomes = new Set<string>();
    for (let n = 0; n < 60; n += 1) outcomes.add(refusalOf(await rig.ask(contracts.ValidateApiKey, { key }, again(context))));
    expect([...outcomes]).toEqual(['granted', 'TooManyTries']);
  });
});
