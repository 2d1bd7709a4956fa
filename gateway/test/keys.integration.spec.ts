import { randomBytes, randomUUID } from 'node:crypto';
import { execution, type InputOf, identity, type Permission, type Principal, permissions } from '@orrery/contracts';
import { mintApiKey } from '@orrery/credentials';
import { eventually } from '@orrery/testing';
import { connect } from 'nats';
import request from 'supertest';
import { startStub } from './fixtures/stub-service.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const all: Permission[] = [...permissions];

describe('An API key', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld({
      env: { ORRERY_RATE_LIMIT_ANONYMOUS: '10000/100000', ORRERY_TRUST_PROXY: '127.0.0.1' },
      keyUsesMs: 60_000,
    });
    owner = await world.person('owner');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const ask = (key: string, path = '/orrery/v1/runs') => request(world.url).get(path).auth(key, { type: 'bearer' });

  describe('that nobody should know', () => {
    /** Everything that is said on the bus while the work is done, by subject. */
    const saidDuring = async (work: () => Promise<void>): Promise<readonly string[]> => {
      const listening = await connect({ servers: world.nats.url.replace('nats://', '') });
      const subjects: string[] = [];
      listening.subscribe('>', { callback: (_error, { subject }) => void subjects.push(subject) });
      await listening.flush();
      await work();
      await listening.flush();
      await listening.close();
      return subjects;
    };
    /** Of every 2 seconds, whatever is asked of the gateway; and what the server says of that. */
    const isAudit = (subject: string): boolean => /^(\$JS\.API\.STREAM\.INFO\.|\$JS\.EVENT\.ADVISORY\.API$|_INBOX)/.test(subject);

    it('is refused without a word on the bus, where it is malformed or forged', async () => {
      const forged = Array.from({ length: 50 }, (_, n) => mintApiKey(randomBytes(32), randomUUID(), n % 2 === 0 ? 'lk' : 'lmsk').key);
      const malformed = ['lk_', 'lmsk_', `lk_${'a'.repeat(22)}_${'b'.repeat(43)}`, `lmsk_${'0'.repeat(48)}`, `lk_${'a'.repeat(5_000)}`];
      const said = await saidDuring(async () => {
        for (const key of [...forged, ...malformed]) expect((await ask(key)).status).toBe(401);
      });
      expect(said.filter((subject) => !isAudit(subject))).toEqual([]);
      expect(said.filter((subject) => subject.endsWith('KV_identity-keys')).length).toBeLessThan(10);
    });

    it('asks no service anything where it was revoked', async () => {
      const minted = world.mint(owner);
      await minted.publish();
      expect((await ask(minted.key)).status).toBe(200);
      await world.publishing.keys.drop(minted.id);
      const said = await saidDuring(async () => {
        for (let n = 0; n < 20; n += 1) expect((await ask(minted.key)).status).toBe(401);
      });
      expect(said.filter((subject) => subject.startsWith('ask.'))).toEqual([]);
    });
  });

  it('of LMStack’s form is as good as any', async () => {
    const key = await world.apiKey(owner, { form: 'lmsk' });
    expect(key).toMatch(/^lmsk_[0-9a-f]{16}_[0-9a-f]{32}$/);
    expect((await ask(key)).status).toBe(200);
  });

  describe('with addresses', () => {
    const from = (key: string, address: string) => ask(key).set('x-forwarded-for', address);

    it('works from these alone, as the proxy that is trusted tells them', async () => {
      const key = await world.apiKey(owner, { addresses: ['203.0.113.0/24', '2001:db8::/32'] });
      for (const address of ['203.0.113.7', '2001:db8::7', '::ffff:203.0.113.7']) expect((await from(key, address)).status).toBe(200);
      world.stubs.reset();
      for (const address of ['203.0.114.7', '2001:db9::7', '203.0.113.7, 198.51.100.1']) {
        const response = await from(key, address);
        expect([address, response.status, response.body.code]).toEqual([address, 403, 'AddressNotAllowed']);
      }
      expect((await ask(key)).status).toBe(403);
      expect(world.stubs.asked).toEqual([]);
    });
  });

  describe('with scopes', () => {
    const runId = randomUUID();
    const scoped = () =>
      world.apiKey(owner, { scopes: [{ permissions: ['runs:read'], resources: [runId] }, { permissions: ['catalog:read'] }] });

    it('may what they name, with what they name', async () => {
      const key = await scoped();
      expect((await ask(key, `/orrery/v1/runs/${runId}`)).status).toBe(200);
      expect(world.stubs.last(execution.GetRun)?.context.principal).toMatchObject({
        permissions: expect.arrayContaining(['runs:read', 'catalog:read']),
        only: { 'runs:read': [runId] },
      });
      expect((await ask(key, '/orrery/v1/machine-types')).status).toBe(200);
      world.stubs.reset();
      const other = await ask(key, `/orrery/v1/runs/${randomUUID()}`);
      expect([other.status, other.body.code]).toEqual([403, 'Forbidden']);
      expect((await ask(key, '/orrery/v1/runs')).status).toBe(403);
      expect((await ask(key, `/orrery/v1/orgs/${owner.slug}`)).status).toBe(403);
      expect(world.stubs.asked).toEqual([]);
    });

    it('means the same thing by another API’s name for it, and for its streams', async () => {
      const key = await scoped();
      const base = '/api/v2/external/execution';
      expect((await ask(key, `${base}/streaming/${runId}/status`)).status).toBe(200);
      expect((await ask(key, `${base}/streaming/${runId}`)).status).toBe(200);
      world.stubs.reset();
      expect((await ask(key, `${base}/streaming/${randomUUID()}/status`)).status).toBe(403);
      expect((await ask(key, `${base}/streaming/${randomUUID()}`)).status).toBe(403);
      expect((await ask(key, `/orrery/v1/runs/${randomUUID()}/output`)).status).toBe(403);
      expect(world.stubs.asked).toEqual([]);
    });

    it('is refused by the service too, if it ever gets that far', async () => {
      const context = {
        principal: { kind: 'key' as const, id: randomUUID(), userId: owner.userId, permissions: all, only: { 'runs:read': [runId] } },
        orgId: owner.orgId,
        commandId: randomUUID(),
        idempotent: false,
        correlationId: 'x',
        causationId: 'x',
        deadlineAt: Date.now() + 5_000,
      };
      const get = (id: string) => world.bus.ask(execution.GetRun, { runId: execution.RunId.parse(id) }, context);
      expect(await get(runId)).toMatchObject({ accepted: true });
      expect(await get(randomUUID())).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    });
  });

  describe('of a person', () => {
    it('acts where they are a member, within what they may there', async () => {
      const elsewhere = await world.person('owner');
      await world.publishing.member(owner.userId, { [owner.orgId]: 'owner', [elsewhere.orgId]: 'viewer' });
      const key = await world.apiKey(owner, { isOwn: true });
      const at = (slug?: string) => (slug === undefined ? ask(key) : ask(key).set('x-org-slug', slug));
      await eventually(async () => (await at(elsewhere.slug)).status === 200);
      expect(world.stubs.last(execution.ListRuns)?.context).toMatchObject({ orgId: elsewhere.orgId, principal: { kind: 'key' } });
      const start = () => request(world.url).post('/orrery/v1/runs').auth(key, { type: 'bearer' }).send({ code: 'x' });
      expect((await start().set('x-org-slug', elsewhere.slug)).status).toBe(403);
      expect((await start()).status).toBe(201);
      expect((await at()).status).toBe(200);
      expect(world.stubs.last(execution.ListRuns)?.context.orgId).toBe(owner.orgId);
      const stranger = await world.person('owner');
      expect((await at(stranger.slug)).status).toBe(403);
    });
  });

  describe('whose person', () => {
    it('holds less than when it was made holds less too', async () => {
      const person = await world.person('owner');
      const key = await world.apiKey(person, { scopes: [{ permissions: all }] });
      const start = () => request(world.url).post('/orrery/v1/runs').auth(key, { type: 'bearer' }).send({ code: 'x' });
      expect((await start()).status).toBe(201);
      await world.publishing.member(person.userId, { [person.orgId]: 'viewer' });
      await eventually(async () => (await start()).status === 403, { within: 1_000 });
      expect((await ask(key)).status).toBe(200);
    });

    it('has left is nobody’s key any more', async () => {
      const person = await world.person('admin');
      const key = await world.apiKey(person);
      expect((await ask(key)).status).toBe(200);
      await world.publishing.members.drop(person.userId);
      await eventually(async () => (await ask(key)).status === 403, { within: 1_000 });
    });
  });
});

describe('The last use of a key', () => {
  let world: World;
  let owner: Person;
  let tellings: { readonly uses: InputOf<typeof identity.RecordKeyUses>['uses']; readonly by: Principal }[] = [];

  beforeAll(async () => {
    world = await startWorld({ keyUsesMs: 200 });
    owner = await world.person('owner');
    world.stubs.on(identity.RecordKeyUses, async ({ uses }, { principal }) => {
      tellings.push({ uses, by: principal });
      return {};
    });
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    tellings = [];
  });

  const read = (key: string) => request(world.url).get('/orrery/v1/runs').auth(key, { type: 'bearer' });
  const told = () => tellings.flatMap(({ uses }) => uses);

  it('is told once for many requests, many keys at a time', async () => {
    const minted = [world.mint(owner), world.mint(owner)];
    for (const each of minted) await each.publish();
    const before = Date.now();
    await Promise.all(Array.from({ length: 40 }, async (_, n) => read(minted[n % 2]?.key ?? '')));
    await eventually(() => new Set(told().map(({ keyId }) => keyId)).size === 2);
    expect(told().length).toBeLessThan(20);
    for (const { at } of told()) expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
    expect(tellings[0]?.by).toEqual({ kind: 'service', name: 'gateway' });
  });

  it('is nobody’s who was refused', async () => {
    const minted = world.mint(owner, { addresses: ['192.0.2.1'] });
    await minted.publish();
    expect((await read(minted.key)).status).toBe(403);
    const other = world.mint(owner);
    await other.publish();
    expect((await read(other.key)).status).toBe(200);
    await eventually(() => told().some(({ keyId }) => keyId === other.id));
    expect(told().map(({ keyId }) => keyId)).not.toContain(minted.id);
  });

  it('is remembered while identity is away, and told when it is back', async () => {
    const minted = world.mint(owner);
    await minted.publish();
    await world.running.get('identity')?.stop();
    expect((await read(minted.key)).status).toBe(200);
    const since = performance.now();
    await eventually(() => performance.now() - since > 600);
    expect(told()).toEqual([]);
    world.running.set('identity', await startStub(world.serviceBus, 'identity', world.stubs));
    await eventually(() => told().some(({ keyId }) => keyId === minted.id));
  });
});
