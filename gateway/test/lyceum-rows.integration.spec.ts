import { catalog } from '@orrery/contracts';
import request from 'supertest';
import { lyceum } from '../src/dialects/lyceum/index.ts';
import { accessCases } from './fixtures/lyceum-access-cases.ts';
import { offerCases } from './fixtures/lyceum-offer-cases.ts';
import { orgCases } from './fixtures/lyceum-org-cases.ts';
import { runCases } from './fixtures/lyceum-run-cases.ts';
import { id, sample } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const base = '/api/v2/external';

const cases = [...offerCases, ...orgCases, ...accessCases, ...runCases];

const isForPeople = (row: string): boolean =>
  ['POST /orgs', 'DELETE /user/delete', 'GET /user/security-events'].includes(row) || row.includes(' /mfa/') || row.includes(' /invites/');

describe('The Lyceum API', () => {
  let world: World;
  let owner: Person;
  let key: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => {
    world.stubs.reset();
    world.stubs.on(catalog.ListModels, async () => ({ items: [{ ...sample(catalog.GetModel), capabilities: ['chat', 'batch'] }] }));
  });

  it.each(cases.map((each) => [each.row, each] as const))('%s', async (_, { row, send, query, asks, gives, isList, isWhole }) => {
    for (const [operation] of isWhole ? asks : [])
      world.stubs.on(operation, async () => ({ ...Object(sample(operation)), nextCursor: undefined }) as never);
    const [method = '', path = ''] = row.split(' ');
    const url = `${base}${path
      .replace('{slug}', owner.slug)
      .replace('{type}', 'text')
      .replace('{provider}', 'orrery')
      .replace(/\{\w+\}/, id)}${query ? `?${query}` : ''}`;
    const verb = method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete';
    // Founding an organization, leaving for good and showing a second factor is for people; everything else is done with a key.
    const asked = request(world.url)
      [verb](url)
      .auth(isForPeople(row) ? owner.token : key, { type: 'bearer' });
    const response = await (send ? asked.send(send) : asked);
    expect([response.status, response.body]).toEqual([200, expect.anything()]);
    for (const [operation, input] of asks) expect(world.stubs.last(operation)?.input).toMatchObject(input);
    expect(world.stubs.asked).toHaveLength(asks.length);
    expect(Array.isArray(response.body)).toBe(isList === true);
    const [first = {}] = [response.body].flat();
    expect(Object.keys(first)).toEqual(expect.arrayContaining([...gives]));
  });

  it('has a case for every row but its streams', () => {
    const rows = lyceum({ publicUrl: 'http://x' }).routes.filter(({ kind }) => kind === 'answer');
    expect(rows.map(({ method, path }) => `${method} ${path.replace(base, '')}`).sort()).toEqual(
      [...new Set(cases.map(({ row }) => row))].sort(),
    );
  });

  it('says which model is not there, and which type there is not', async () => {
    const { refuse } = await import('@orrery/messaging');
    world.stubs.on(catalog.GetModel, async () => refuse({ code: 'ModelNotFound', details: {} }));
    for (const path of ['/models/no-such', '/models/orrery/no-such', '/models/no-such/instances', '/models/%20']) {
      const { status, body } = await request(world.url).get(`${base}${path}`).auth(key, { type: 'bearer' });
      expect([status, body]).toEqual([404, { detail: 'Model not found.' }]);
    }
    const { status, body } = await request(world.url).get(`${base}/models/type/dance`).auth(key, { type: 'bearer' });
    expect([status, body.detail]).toMatchObject([422, [{ loc: ['path', 'type'], type: 'enum' }]]);
  });

  it('answers with no prices where there are none yet', async () => {
    const { refuse } = await import('@orrery/messaging');
    world.stubs.on(catalog.GetPriceBook, async () => refuse({ code: 'NoPriceBook', details: {} }));
    const response = await request(world.url).get(`${base}/pricing`).auth(key, { type: 'bearer' });
    expect([response.status, response.body]).toEqual([200, { prices: [] }]);
  });
});
