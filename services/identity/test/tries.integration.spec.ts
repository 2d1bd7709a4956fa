import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { contextOf, nobody } from '@orrery/testing';
import { Tries } from '../src/application/tries/tries.ts';
import { TriesTable } from '../src/application/tries/tries-table.ts';
import { patienceOf, patienceWithAddress } from '../src/domain/try-paths.ts';
import { password, Rig, somewhere } from './fixtures/rig.ts';

describe('guessing', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ ORRERY_IDENTITY_HASHES_WAITING: '2000' });
  }, 60_000);
  afterAll(() => rig?.stop(), 30_000);

  /** Each from another place, as a botnet would. */
  const guess = (email: string, word: string, origin = somewhere()) =>
    rig.ask(identity.LogIn, { email, password: word }, contextOf(nobody, { origin, deadlineAt: Date.now() + 60_000 }));
  const guessUntilLookedAt = async (email: string): Promise<void> => {
    let outcome = await guess(email, 'wrong');
    while (!outcome.accepted && outcome.rejection.code === 'TooManyTries') outcome = await guess(email, 'wrong');
  };
  const codesOf = (outcomes: Awaited<ReturnType<typeof guess>>[]): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) {
      const code = outcome.accepted ? 'accepted' : outcome.rejection.code;
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  };

  it('is over after a few tries, a thousand at once being no more than one after the other', async () => {
    const { email } = await rig.person();
    const startedAt = Date.now();
    const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, n) => guess(email, `guess ${n}`)));
    const { BadCredentials: looked = 0, TooManyTries: refused = 0 } = codesOf(outcomes);
    expect(looked + refused).toBe(1_000);
    // The free ones, the one that locks, and one more each time the wait doubled and was over.
    const waits = Math.floor(Math.log2((Date.now() - startedAt) / patienceOf.login.firstMs + 1));
    expect(looked).toBeLessThanOrEqual(patienceOf.login.free + 1 + Math.max(0, waits));
    // However long that took: the wait begins anew with each look, and is longer.
    for (let n = 0; n < 3; n += 1) await guessUntilLookedAt(email);
    const last = await guess(email, password);
    expect(last).toMatchObject({ accepted: false, rejection: { code: 'TooManyTries', details: { retryAfterMs: expect.any(Number) } } });
  }, 180_000);

  it('tells nobody whether there is such a person', async () => {
    const known = (await rig.person()).email;
    const unknown = `${randomUUID()}@example.com`;
    const answers = async (email: string) => {
      const answered: string[] = [];
      for (let n = 0; n < patienceOf.login.free + 3; n += 1) {
        const outcome = await guess(email, 'wrong');
        answered.push(outcome.accepted ? 'in' : outcome.rejection.code);
      }
      return answered;
    };
    const [ofKnown, ofUnknown] = [await answers(known), await answers(unknown)];
    expect(ofKnown).toEqual(ofUnknown);
    expect(ofKnown.slice(-1)).toEqual(['TooManyTries']);
  });

  it('is not forgotten when identity starts anew', async () => {
    const { email } = await rig.person();
    // Until the wait is longer than a restart.
    for (let n = 0; n < patienceOf.login.free + 4; n += 1) await guessUntilLookedAt(email);
    await rig.restart();
    expect(await guess(email, password)).toMatchObject({ rejection: { code: 'TooManyTries' } });
  }, 60_000);

  it('is forgotten when the right password comes in time', async () => {
    const { email } = await rig.person();
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < patienceOf.login.free; n += 1) await guess(email, 'wrong');
      expect((await guess(email, password)).accepted).toBe(true);
    }
  });

  it('keeps no address of e-mail and no address of the network in its table', async () => {
    const { email } = await rig.person();
    await guess(email, 'wrong', { ip: '203.0.113.9', userAgent: 'x' });
    const { rows } = await rig.pool.query('SELECT t::text AS row FROM tries t');
    expect(rows.length).toBeGreaterThan(1);
    for (const { row } of rows) expect(row).not.toMatch(/@|203\.0\.113\.9/);
  });

  describe('seen by its clock', () => {
    let now = Date.parse('2030-01-01T00:00:00Z');
    const origin = (ip: string) => contextOf(nobody, { origin: { ip } });
    const from = contextOf(nobody);
    const tries = () => new Tries({ table: new TriesTable(rig.pool), key: Buffer.alloc(32, 1), clock: { now: () => now } });
    const wrong = (subject: string, ip: string) => tries().check('login', subject, origin(ip), async () => undefined);

    it('is slowed down for an address that tries one person after another, and for its neighbours in one network', async () => {
      for (let n = 0; n <= patienceWithAddress.free; n += 1) await wrong(`person ${n}`, `2001:db8::${n.toString(16)}`);
      await expect(wrong('yet another', '2001:db8::ffff')).rejects.toMatchObject({ rejection: { code: 'TooManyTries' } });
      await expect(wrong('yet another', '2001:db8:0:1::1')).resolves.toBeUndefined();
      now += patienceWithAddress.firstMs;
      await expect(wrong('yet another', '2001:db8::ffff')).resolves.toBeUndefined();
    });

    it('is slow for one path, and not for another', async () => {
      for (let n = 0; n <= patienceOf.mfa.free; n += 1) await tries().check('mfa', 'ada', origin(`192.0.2.${n}`), async () => undefined);
      await expect(tries().guard('mfa', 'ada', {})).rejects.toMatchObject({ rejection: { code: 'TooManyTries' } });
      await expect(tries().guard('backup-code', 'ada', {})).resolves.toBe(0);
    });

    it('counts nothing where nothing was looked at', async () => {
      const shed = () => tries().check('login', 'shed', from, () => Promise.reject(new Error('no room')));
      for (let n = 0; n < 20; n += 1) await expect(shed()).rejects.toThrow('no room');
      await expect(wrong('shed', '192.0.2.200')).resolves.toBeUndefined();
    });

    it('is agreed on by processes that share a database', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, () => tries().check('login', 'shared', from, async () => undefined)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(patienceOf.login.free + 1);
    });

    it('leaves nothing behind', async () => {
      await wrong('forgotten', '192.0.2.201');
      now += 30 * 86_400_000;
      const table = new TriesTable(rig.pool);
      while ((await table.prune(now)) > 0);
      expect((await rig.pool.query('SELECT FROM tries')).rowCount).toBe(0);
    });
  });
});
