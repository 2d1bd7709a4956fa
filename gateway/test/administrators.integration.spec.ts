import { randomUUID } from 'node:crypto';
import { catalog, identity, OrgId } from '@orrery/contracts';
import request from 'supertest';
import { operatorKey, type Person, startWorld, tokenFor, type World } from './fixtures/world.ts';

const offer = { description: 'x', resources: { cpuMilli: 1000, memoryMib: 1024, gpus: 0 } };

describe('An administrator', () => {
  let world: World;
  let person: Person;

  beforeAll(async () => {
    world = await startWorld();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(async () => {
    world.stubs.reset();
    person = await world.person('viewer');
  });

  const appoint = (is: boolean) =>
    world.publishing.member(person.userId, { [person.orgId]: 'viewer' }, is ? { isAdministrator: true } : {});
  const publish = (bearer: string) => request(world.url).put('/orrery/v1/machine-types/cpu').auth(bearer, { type: 'bearer' }).send(offer);
  const asked = () => world.stubs.last(catalog.PublishMachineType)?.context;

  it('may what the operator may, as themselves and in no organization', async () => {
    expect((await publish(person.token)).status).toBe(403);
    await appoint(true);
    expect((await publish(person.token)).status).toBe(200);
    expect(asked()).toMatchObject({ principal: { kind: 'operator', id: person.userId } });
    expect(asked()).not.toHaveProperty('orgId');
    await appoint(false);
    expect((await publish(person.token)).status).toBe(403);
  });

  it('is in their organization what they were', async () => {
    await appoint(true);
    await request(world.url).get('/orrery/v1/me').auth(person.token, { type: 'bearer' }).expect(200);
    expect(world.stubs.last(identity.GetMe)?.context).toMatchObject({ principal: { kind: 'user' }, orgId: person.orgId });
    await request(world.url)
      .post(`/orrery/v1/orgs/${person.slug}/api-keys`)
      .auth(person.token, { type: 'bearer' })
      .send({ name: 'x' })
      .expect(403);
  });

  it('is none with a key, nor before the second factor, nor in a session that has ended', async () => {
    await appoint(true);
    const sid = randomUUID();
    for (const key of [await world.apiKey(person), await world.apiKey(person, { isOwn: true })])
      expect((await publish(key)).status).toBe(403);
    expect((await publish(tokenFor(person.userId, { sf: true }))).status).toBe(403);
    const token = tokenFor(person.userId, { sid });
    expect((await publish(token)).status).toBe(200);
    await world.publishing.session(sid, 'revoked');
    expect((await publish(token)).status).toBe(401);
  });

  it('belongs to no organization, and may all the same', async () => {
    const userId = randomUUID();
    await world.publishing.member(userId, {}, { isAdministrator: true });
    expect((await publish(tokenFor(userId))).status).toBe(200);
  });

  it('is told apart from the key of the operator, that works as before', async () => {
    expect((await publish(operatorKey)).status).toBe(200);
    expect(asked()?.principal).toEqual({ kind: 'operator', id: 'operator' });
  });

  it('brings those whom they make into the organization where they act', async () => {
    await appoint(true);
    const body = { username: 'newuser', password: 'secure-password', role: 'operator' };
    await request(world.url).post('/api/users').auth(person.token, { type: 'bearer' }).send(body).expect(201);
    const { input, context } = world.stubs.last(identity.CreatePerson) ?? {};
    expect(input).toMatchObject({ isAdministrator: false, membership: { orgId: OrgId.parse(person.orgId), role: 'admin' } });
    expect(context).not.toHaveProperty('orgId');
  });
});
