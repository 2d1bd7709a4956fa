import { randomUUID } from 'node:crypto';
import type { Principal } from '@orrery/contracts';
import { bucketsOf, type LimitClass, type Limits, type Visitor } from './buckets.ts';

const limitOf = (burst: number) => ({ perSecond: 1, burst });
const limits: Limits = {
  login: limitOf(1),
  anonymous: limitOf(2),
  refused: limitOf(10),
  read: limitOf(3),
  write: limitOf(4),
  stream: limitOf(5),
  org: limitOf(6),
  address: limitOf(7),
};
const [id, userId, orgId] = [randomUUID(), randomUUID(), randomUUID()];
const key: Principal = { kind: 'key', id, userId, permissions: [] };
const user: Principal = { kind: 'user', id: userId, permissions: [] };
const visitor = (principal: Principal, more: Partial<Visitor> = {}): Visitor => ({
  kind: 'read',
  principal,
  isOwnKey: false,
  orgId,
  plan: undefined,
  ip: '203.0.113.7',
  ...more,
});
const taken = (of: Visitor) => bucketsOf(of, limits).map(({ of: whose, limit }) => [whose, limit.burst]);

describe('A request takes', () => {
  it('with a key of an organization from the key, the organization and the address', () => {
    expect(taken(visitor(key))).toEqual([
      ['key', 3],
      ['org', 6],
      ['address', 7],
    ]);
  });

  it("with a person's own key from the person too", () => {
    expect(taken(visitor(key, { isOwnKey: true })).map(([whose]) => whose)).toEqual(['key', 'user', 'org', 'address']);
    const [, ofKey] = bucketsOf(visitor(key, { isOwnKey: true }), limits);
    const [ofPerson] = bucketsOf(visitor(user), limits);
    expect(ofKey).toEqual(ofPerson);
  });

  it('of a person from the person, the organization where there is one, and the address', () => {
    expect(taken(visitor(user)).map(([whose]) => whose)).toEqual(['user', 'org', 'address']);
    expect(taken(visitor(user, { orgId: undefined })).map(([whose]) => whose)).toEqual(['user', 'address']);
  });

  it('from what the plan allows a minute, where there is a plan', () => {
    const [, plan] = bucketsOf(visitor(key, { plan: 'starter' }), limits);
    expect(plan).toMatchObject({ of: 'plan', limit: { perSecond: 5, burst: 300 } });
  });

  it('without a valid credential from its address alone, kind by kind', () => {
    const kinds: LimitClass[] = ['login', 'anonymous'];
    for (const kind of kinds) {
      expect(taken(visitor({ kind: 'nobody' }, { kind }))).toEqual([['address', limits[kind].burst]]);
    }
    const keys = kinds.map((kind) => bucketsOf(visitor({ kind: 'nobody' }, { kind }), limits)[0].key);
    expect(new Set(keys).size).toBe(2);
  });

  it('of the operator from no customer’s allowance', () => {
    expect(taken(visitor({ kind: 'operator', id: 'operator' })).map(([whose]) => whose)).toEqual(['operator']);
  });

  it('of another kind from another bucket of the caller, and from the same of the organization', () => {
    const [readKey, readOrg] = bucketsOf(visitor(key), limits);
    const [writeKey, writeOrg] = bucketsOf(visitor(key, { kind: 'write' }), limits);
    expect(writeKey.key).not.toBe(readKey.key);
    expect(writeOrg?.key).toBe(readOrg?.key);
  });
});
