import { randomUUID } from 'node:crypto';
import { identity } from '@orrery/contracts';
import type { SnapshotWatcher } from '@orrery/messaging';
import { asOperator, contextOf, eventually, granted } from '@orrery/testing';
import { createDecoder, createVerifier } from 'fast-jwt';
import { SigningKeys } from '../src/application/signing/signing-keys.ts';
import { Rig } from './fixtures/rig.ts';

describe('the keys that sign access tokens', () => {
  let rig: Rig;
  let told: SnapshotWatcher<typeof identity.Snapshots.signing.value>;

  beforeAll(async () => {
    rig = await Rig.start();
    told = await rig.watch(identity.Snapshots.signing);
  }, 60_000);
  afterAll(() => rig?.stop(), 30_000);

  const rotate = async (isCompromised: boolean, context = contextOf(asOperator)) =>
    granted(await rig.ask(identity.RotateSigningKey, { isCompromised }, context));
  const kidOf = (token: string): string => createDecoder({ complete: true })(token).header.kid;
  const tokenOf = async (): Promise<string> => (await rig.logIn((await rig.newcomer()).email)).accessToken;
  const keys = () => [...told.entries()].map(([, key]) => key);
  const isGood = (token: string): boolean => {
    const key = told.get(kidOf(token));
    if (!key || (key.notAfter !== null && Date.parse(key.notAfter) <= Date.now())) return false;
    createVerifier({ key: key.publicKeyPem, algorithms: ['EdDSA'], allowedIss: 'orrery', allowedAud: 'orrery' })(token);
    return true;
  };

  it('are told to gateways, which verify with them what was signed', async () => {
    const token = await tokenOf();
    await eventually(() => expect(isGood(token)).toBe(true));
    expect(createDecoder({ complete: true })(token).header).toEqual({
      alg: 'EdDSA',
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it('outlive the process', async () => {
    const kid = kidOf(await tokenOf());
    await rig.restart();
    expect(kidOf(await tokenOf())).toBe(kid);
  }, 60_000);

  it('follow each other with an overlap: the next one is known before it signs, and the one before it is believed meanwhile', async () => {
    const token = await tokenOf();
    const context = contextOf(asOperator, { commandId: randomUUID(), idempotent: true });
    const { kid, activeAt } = await rotate(false, context);
    expect(Date.parse(activeAt)).toBeGreaterThan(Date.now() + 60_000);
    expect(await rotate(false, context)).toEqual({ kid, activeAt });
    await eventually(() => expect(told.get(kid)).toMatchObject({ activeAt, notAfter: null }));
    expect(kidOf(await tokenOf())).toBe(kidOf(token));
    await eventually(() => expect(Date.parse(told.get(kidOf(token))?.notAfter ?? '')).toBeGreaterThan(Date.parse(activeAt) + 86_400_000));
    expect(isGood(token)).toBe(true);
  });

  it('go at once when one is compromised, with every token that they signed', async () => {
    const before = await tokenOf();
    const { kid } = await rotate(true);
    await eventually(() => expect([told.get(kid)?.kid, isGood(before)]).toEqual([kid, false]), { within: 2_000 });
    const after = await tokenOf();
    expect(kidOf(after)).toBe(kid);
    expect(isGood(after)).toBe(true);
    await eventually(() => expect(keys()).toHaveLength(1), { within: 15_000 });
  }, 30_000);

  it('lie sealed, and not at all when they sign no more', async () => {
    expect(await rig.everything()).not.toMatch(/PRIVATE KEY/);
    const sealed = async () => (await rig.pool.query('SELECT count(*)::int AS n FROM signing_keys WHERE sealed IS NOT NULL')).rows[0].n;
    await rotate(true);
    await rig.pool.query("UPDATE signing_keys SET active_at = active_at - interval '1 hour'");
    await eventually(async () => expect(await sealed()).toBe(1), { within: 15_000 });
    const { rows } = await rig.pool.query<{ data: string }>("SELECT data::text AS data FROM events WHERE type LIKE 'SigningKey%'");
    for (const { data } of rows)
      expect(Object.keys(JSON.parse(data)).sort()).toEqual(['activeAt', 'at', 'formerAreBelieved', 'generation', 'kid']);
  }, 30_000);

  it('are made by the operator alone', async () => {
    const { owner } = await rig.newcomer();
    expect(await rig.ask(identity.RotateSigningKey, {}, owner)).toMatchObject({ rejection: { code: 'Forbidden' } });
  });

  it('are made once where several replicas start with none, and again when they are old', async () => {
    const { store } = await rig.emptyLog();
    let now = Date.parse('2030-01-01T00:00:00Z');
    const dayMs = 86_400_000;
    const replica = () => new SigningKeys({ store, clock: { now: () => now }, longestMs: 90 * dayMs });
    const replicas = Array.from({ length: 5 }, replica);
    await Promise.all(replicas.map((each) => each.ready()));
    const claims = { sub: randomUUID(), sid: randomUUID() };
    expect(new Set(replicas.map((each) => kidOf(each.sign(claims)))).size).toBe(1);
    now += 91 * dayMs;
    await Promise.all(replicas.map((each) => each.tend()));
    expect(await replicas[0]?.published()).toHaveLength(2);
    now += dayMs;
    for (const each of replicas) await each.tend();
    const [first] = replicas;
    const kid = kidOf(first?.sign(claims) ?? '');
    expect(new Set(replicas.map((each) => kidOf(each.sign(claims))))).toEqual(new Set([kid]));
    now += 2 * dayMs;
    expect(await first?.tend()).toHaveLength(1);
    expect((await first?.published())?.map((key) => key.kid)).toEqual([kid]);
  });
});
