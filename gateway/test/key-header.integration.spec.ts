import request from 'supertest';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const header = 'x-neo-api-key';

describe('A key in the header of the NeoSpace libraries', () => {
  let world: World;
  let owner: Person;
  let key: string;
  let other: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
    other = await world.apiKey(owner);
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const spaces = (headers: Readonly<Record<string, string>>) => request(world.url).get('/v1/spaces').set(headers);

  it.each([
    ['as it is', (text: string) => text],
    ['after the word Bearer', (text: string) => `Bearer ${text}`],
  ])('opens what it would open as a bearer, written %s', async (_, write) => {
    expect((await spaces({ [header]: write(key) })).status).toBe(200);
    expect(world.stubs.asked[0]?.context).toMatchObject({ principal: { kind: 'key', userId: owner.userId }, orgId: owner.orgId });
  });

  it('may be sent beside itself as a bearer', async () => {
    expect((await spaces({ [header]: key, authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it.each([
    ['another key', () => `Bearer ${other}`],
    ['an access token', () => `Bearer ${owner.token}`],
    ['something else', () => 'Basic eDp5'],
  ])('is not weighed against %s', async (_, authorization) => {
    const response = await spaces({ [header]: key, authorization: authorization() });
    expect([response.status, response.body]).toEqual([400, { error: expect.stringContaining(`in Authorization and in ${header}`) }]);
    expect(world.stubs.asked).toEqual([]);
  });

  it.each([
    ['an access token', () => owner.token],
    ['two keys', () => `${key}, ${other}`],
    ['nothing that is known', () => 'x'],
    ['a key that nobody made', () => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`],
  ])('is no header for %s', async (_, value) => {
    const response = await spaces({ [header]: value() });
    expect([response.status, response.body]).toEqual([401, { error: expect.any(String) }]);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(world.stubs.asked).toEqual([]);
  });

  it('means nothing to the other APIs', async () => {
    for (const path of ['/orrery/v1/me', '/api/v2/external/auth/api-keys/']) {
      expect((await request(world.url).get(path).set(header, key)).status).toBe(401);
      expect((await request(world.url).get(path).set(header, 'x').auth(key, { type: 'bearer' })).status).toBe(200);
    }
  });
});
