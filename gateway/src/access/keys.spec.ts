import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { Keys } from './keys.ts';

const rules = { scopes: null, models: null, addresses: null, monthlyTokens: null, monthlySpend: null, spaceId: null };
const keyOf = (id: string, ...hashes: readonly string[]): identity.KeySnapshot => {
  const secrets = hashes.map((hash) => ({ hash: hash.repeat(64), userId: randomUUID(), until: null }));
  return identity.KeySnapshot.parse({ id, orgId: randomUUID(), secrets, ...rules, expiresAt: null });
};
const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

const fed = () => {
  const keys = new Keys();
  const entries = new Map<string, identity.KeySnapshot>();
  const catchUps: (() => void)[] = [];
  keys.snapshot.attach({
    isReady: true,
    get: (key) => entries.get(key),
    caughtUp: () => new Promise((resolve) => catchUps.push(() => resolve(true))),
  });
  return {
    keys,
    put: (key: identity.KeySnapshot) => {
      entries.set(key.id, key);
      keys.snapshot.changed(key.id);
    },
    drop: (id: string) => {
      entries.delete(id);
      keys.snapshot.changed(id);
    },
    catchUp: () => {
      for (const caughtUp of catchUps.splice(0)) caughtUp();
    },
  };
};

describe('Keys', () => {
  it('are found by each of their secrets, and by none that they have lost', () => {
    const { keys, put, drop } = fed();
    const id = randomUUID();
    put(keyOf(id, 'a'));
    expect(keys.find(a)?.secret.hash).toBe(a);
    put(keyOf(id, 'b', 'a'));
    expect([a, b].map((hash) => keys.find(hash)?.secret.hash)).toEqual([a, b]);
    put(keyOf(id, 'c', 'b'));
    expect([a, b, c].map((hash) => keys.find(hash)?.key.id)).toEqual([undefined, id, id]);
    drop(id);
    expect([a, b, c].map((hash) => keys.find(hash))).toEqual([undefined, undefined, undefined]);
  });

  it('are found by a secret that was made elsewhere, when all has come that was published', async () => {
    const { keys, put, catchUp } = fed();
    const waiting = [keys.when(a, 10_000), keys.when(b, 10_000)];
    put(keyOf(randomUUID(), 'a'));
    catchUp();
    await expect(waiting[0]).resolves.toMatchObject({ secret: { hash: a } });
    await expect(waiting[1]).resolves.toBeUndefined();
  });

  it('that are known are not waited for', async () => {
    const { keys, put } = fed();
    put(keyOf(randomUUID(), 'a'));
    await expect(keys.when(a, 10_000)).resolves.toMatchObject({ secret: { hash: a } });
  });
});
