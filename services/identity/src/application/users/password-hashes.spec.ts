import { pbkdf2Sync } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { HashingThreads } from './hashing-threads.ts';
import { hashPassword, isHashOf, isOutdated, isPasswordHash } from './password-hashes.ts';

const password = 'correct horse battery';
const salt = 'a1'.repeat(16);
const ofLmstack = `${salt}$${pbkdf2Sync(password, salt, 100_000, 32, 'sha256').toString('hex')}`;

describe('the hash of a password', () => {
  const threads = new HashingThreads(1, () => undefined);
  afterAll(() => threads.onApplicationShutdown());

  it('fits its password alone', async () => {
    const made = await hashPassword(threads, password);
    expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect([isPasswordHash(made), isOutdated(made)]).toEqual([true, false]);
    await expect(isHashOf(threads, made, password)).resolves.toBe(true);
    await expect(isHashOf(threads, made, `${password} `)).resolves.toBe(false);
  });

  it.each<[string, () => Promise<string>]>([
    ['with weaker parameters', () => hash(password, { memoryCost: 4_096, timeCost: 3, parallelism: 1 })],
    // 1: Argon2i; the enumeration is known to the compiler alone.
    ['of another variant', () => hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1, algorithm: 1 })],
    ['as LMStack made it', () => Promise.resolve(ofLmstack)],
  ])('%s still fits, and is outdated', async (_, make) => {
    const made = await make();
    expect([isPasswordHash(made), isOutdated(made)]).toEqual([true, true]);
    await expect(isHashOf(threads, made, password)).resolves.toBe(true);
    await expect(isHashOf(threads, made, 'wrong')).resolves.toBe(false);
  });

  it.each([
    'nothing',
    '',
    `${salt}$${'g'.repeat(64)}`,
    '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21l$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo',
    '$argon2id$v=19$m=19456,t=999,p=1$c29tZXNhbHRzb21l$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo',
    '$2b$12$abcdefghijklmnopqrstuv',
  ])('is not %s', (text) => {
    expect(isPasswordHash(text)).toBe(false);
  });
});
