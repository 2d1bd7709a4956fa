import { identity } from '@orrery/contracts';
import { Members } from './members.ts';
import { Snapshot } from './snapshot.ts';

const fed = <T>(snapshot: Snapshot<T>) => {
  const entries = new Map<string, T>();
  const catchUps: (() => void)[] = [];
  snapshot.attach({
    isReady: true,
    get: (key) => entries.get(key),
    caughtUp: () => new Promise((resolve) => catchUps.push(() => resolve(true))),
  });
  return {
    put: (key: string, value: T) => {
      entries.set(key, value);
      snapshot.changed(key);
    },
    drop: (key: string) => {
      entries.delete(key);
      snapshot.changed(key);
    },
    catchUp: () => {
      for (const caughtUp of catchUps.splice(0)) caughtUp();
    },
  };
};

describe('A snapshot', () => {
  it('answers at once where the wish is already true', async () => {
    const snapshot = new Snapshot<number>();
    fed(snapshot).put('a', 2);
    await expect(snapshot.when('a', (value) => value > 1, 10_000)).resolves.toBe(2);
  });

  it('answers with what there is when it has caught up with what was published, as wished or not', async () => {
    const snapshot = new Snapshot<number>();
    const source = fed(snapshot);
    source.put('a', 1);
    const waiting = [snapshot.when('a', (value) => value > 1, 10_000), snapshot.when('b', () => true, 10_000)];
    source.put('a', 2);
    source.catchUp();
    await expect(Promise.all(waiting)).resolves.toEqual([2, undefined]);
  });
});

describe('Members', () => {
  const [one, other] = ['0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01', '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a02'];
  const of = (userId: string, ...slugs: readonly string[]) =>
    identity.MemberSnapshot.parse({ userId, memberships: slugs.map((slug) => ({ orgId: one, slug, role: 'member', isDefault: true })) });

  it('know a slug for as long as somebody is there', () => {
    const members = new Members();
    const source = fed(members.snapshot);
    source.put(one, of(one, 'acme'));
    source.put(other, of(other, 'acme'));
    expect([members.isKnown('acme'), members.slugOf(one)]).toEqual([true, 'acme']);
    source.drop(one);
    expect(members.isKnown('acme')).toBe(true);
    source.put(other, of(other));
    expect([members.isKnown('acme'), members.slugOf(one)]).toEqual([false, undefined]);
  });

  it('follow an organization to its new slug', () => {
    const members = new Members();
    const source = fed(members.snapshot);
    source.put(one, of(one, 'old'));
    source.put(other, of(other, 'old'));
    source.put(one, of(one, 'new'));
    source.put(other, of(other, 'new'));
    expect([members.isKnown('old'), members.isKnown('new'), members.slugOf(one)]).toEqual([false, true, 'new']);
  });
});
