import { randomUUID } from 'node:crypto';
import { execution } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { sample } from './fixtures/lyceum-samples.ts';
import { startWorld, type World } from './fixtures/world.ts';

const path = '/api/v2/external/environment-variables';

describe('Environment variables in the Lyceum API', () => {
  let world: World;
  let key: string;

  beforeAll(async () => {
    world = await startWorld();
    key = await world.apiKey(await world.person());
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const send = (body: object | string) =>
    request(world.url).post(`${path}/`).auth(key, { type: 'bearer' }).set('content-type', 'application/json').send(body);
  const asked = (): unknown => world.stubs.last(execution.SetVariables)?.input;
  const complaints = async (body: object | string): Promise<readonly unknown[]> => {
    const response = await send(body);
    expect([response.status, asked()]).toEqual([422, undefined]);
    return response.body.detail.map(({ loc, type }: { loc: unknown; type: string }) => [loc, type]);
  };

  it.each([
    ['one', { key: 'A', value: '1', is_secret: false }],
    ['a list', [{ name: 'A', value: '1', is_secret: false }]],
    ['a wrapped list', { environment_variables: [{ name: 'A', key: 'A', value: '1', is_secret: false }] }],
  ])('are set by %s', async (_, body) => {
    expect((await send(body)).status).toBe(200);
    expect(asked()).toEqual({ variables: [{ name: 'A', value: '1', isSecret: false }] });
  });

  it('are secrets unless they are said to be none, and of a secret nothing shows, not even its length', async () => {
    await send({ name: 'A', value: '1' });
    expect(asked()).toEqual({ variables: [{ name: 'A', value: '1', isSecret: true }] });
    const [one] = sample(execution.ListVariables).items;
    const items = [
      { ...one, name: 'A', isSecret: true, value: null },
      { ...one, name: 'B', isSecret: false, value: 'blue' },
    ];
    world.stubs.on(execution.ListVariables, async () => ({ items }) as never);
    for (const url of [path, `${path}/`]) {
      const { body } = await request(world.url).get(url).auth(key, { type: 'bearer' });
      expect(body.environment_variables).toEqual([
        { id: one?.id, name: 'A', key: 'A', value: '********', is_secret: true, created_at: one?.createdAt, updated_at: one?.updatedAt },
        { id: one?.id, name: 'B', key: 'B', value: 'blue', is_secret: false, created_at: one?.createdAt, updated_at: one?.updatedAt },
      ]);
    }
  });

  it('are refused with the place of what is wrong, and without the value', async () => {
    const value = randomUUID();
    expect(await complaints({ environment_variables: [{ name: 'A', value }, { value }] })).toEqual([
      [['body', 'environment_variables', 1, 'name'], 'missing'],
    ]);
    expect(await complaints([{ name: 'A' }])).toEqual([[['body', 0, 'value'], 'missing']]);
    expect(await complaints({ name: 'A', key: 'B', value })).toEqual([[['body', 'key'], 'value_error']]);
    expect(await complaints({ name: '1A', value })).toEqual([[['body', 'environment_variables', 0, 'name'], 'string_pattern_mismatch']]);
    for (const name of ['PATH', 'ld_preload', 'ORRERY_X', 'NVIDIA_VISIBLE_DEVICES']) {
      expect(await complaints({ name, value })).toEqual([[['body', 'environment_variables', 0, 'name'], 'value_error']]);
    }
    expect(
      await complaints([
        { name: 'A', value },
        { name: 'A', value },
      ]),
    ).toEqual([[['body', 'environment_variables', 1, 'name'], 'value_error']]);
    expect(await complaints([])).toEqual([[['body', 'environment_variables'], 'too_short']]);
    expect(await complaints('"text"')).toHaveLength(1);
    for (const body of [
      { name: 'A', value: value.repeat(2_000) },
      { name: 'A', value: `${value}\0` },
      { name: 1, value },
    ]) {
      const { status, text } = await send(body);
      expect([status, text.includes(value.slice(0, 8))]).toEqual([422, false]);
    }
  });

  it.each([
    ['TooManyVariables', 409, { limit: 100 }, /at most 100 environment variables/],
    ['VariablesTooLarge', 413, { limit: 131_072 }, /at most 131072 bytes/],
    ['OrgSuspended', 403, {}, /suspended/],
  ])('are refused as %s with %i', async (code, status, details, sentence) => {
    world.stubs.on(execution.SetVariables, async () => refuse({ code, details }));
    const response = await send({ name: 'A', value: '1' });
    expect([response.status, response.body]).toEqual([status, { detail: expect.stringMatching(sentence) }]);
  });

  it('that are unknown, or no ids at all, are not found', async () => {
    world.stubs.on(execution.RemoveVariable, async () => refuse({ code: 'VariableNotFound', details: {} }));
    for (const id of [randomUUID(), 'nothing']) {
      const response = await request(world.url).delete(`${path}/${id}`).auth(key, { type: 'bearer' });
      expect([response.status, response.body]).toEqual([404, { detail: 'Environment variable not found.' }]);
    }
  });

  it('are nothing for nobody', async () => {
    expect((await request(world.url).get(path)).status).toBe(401);
    expect((await request(world.url).post(path).send({ name: 'A', value: '1' })).status).toBe(401);
    expect((await request(world.url).delete(path)).status).toBe(401);
  });
});
