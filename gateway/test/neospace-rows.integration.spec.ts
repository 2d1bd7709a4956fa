import { identity, inference, type Operation } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import request from 'supertest';
import { neospace } from '../src/dialects/neospace/index.ts';
import { sample } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const id = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';

interface Case {
  readonly row: string;
  readonly send?: object;
  readonly query?: string;
  readonly asks: readonly (readonly [Operation, object])[];
  readonly status?: number;
  readonly gives: readonly string[];
}

const spaceFields = ['created_at', 'created_by', 'description', 'id', 'name', 'updated_at', 'updated_by'];
const userFields = ['email', 'external_id', 'first_name', 'id', 'last_name', 'role'];
const meFields = [...userFields, 'permissions', 'spaces'];
const me: Pick<Case, 'asks' | 'gives'> = {
  asks: [
    [identity.GetMe, {}],
    [identity.GetStanding, {}],
  ],
  gives: meFields,
};
const changing: Pick<Case, 'send' | 'asks' | 'gives'> = {
  send: { first_name: 'Ada', last_name: 'King', role: 'designer' },
  asks: [
    [identity.UpdateMe, { name: 'Ada King' }],
    [identity.ChooseOccupation, { occupation: 'designer' }],
  ],
  gives: userFields,
};
const renaming: Pick<Case, 'send' | 'asks' | 'gives'> = {
  send: { name: 'Labs' },
  asks: [[identity.UpdateSpace, { spaceId: id, name: 'Labs' }]],
  gives: spaceFields,
};

const heard = {
  from: '2026-01-02T01:04:05.000Z',
  to: '2026-02-01T00:00:00.000Z',
  user: id,
  model: 'acme/one',
  kind: 'chat',
  correlationId: 'job-7',
};
const summaryFields = 'avg_latency_ms input_tokens model_usage output_tokens period_end_date period_start_date'
  .concat(' success_rate total_calls total_tokens')
  .split(' ');

const cases: readonly Case[] = [
  { row: 'GET /spaces', query: `after=%22%22&limit=3`, asks: [[identity.ListSpaces, { limit: 3 }]], gives: ['count', 'data', 'has_more'] },
  {
    row: 'POST /spaces',
    send: { name: 'Labs', description: 'What we look into' },
    asks: [[identity.CreateSpace, { name: 'Labs', description: 'What we look into' }]],
    status: 201,
    gives: spaceFields,
  },
  { row: 'GET /spaces/{id}', asks: [[identity.GetSpace, { spaceId: id }]], gives: spaceFields },
  { row: 'PUT /spaces/{id}', ...renaming },
  { row: 'PATCH /spaces/{id}', ...renaming },
  { row: 'DELETE /spaces/{id}', asks: [[identity.DeleteSpace, { spaceId: id }]], gives: ['id'] },
  {
    row: 'POST /spaces/{id}/invite',
    send: { emails: ['Bob@example.com'], roles: ['trainings:list'] },
    asks: [[identity.InviteToSpace, { spaceId: id, emails: ['bob@example.com'], permissions: ['trainings:list'] }]],
    gives: ['emails'],
  },
  { row: 'POST /spaces/{id}/restore', asks: [[identity.RestoreSpace, { spaceId: id }]], gives: ['id'] },
  { row: 'GET /me', ...me },
  { row: 'GET /users/me', ...me },
  ...['PUT /me', 'PATCH /me', 'PUT /users/me', 'PATCH /users/me'].map((row) => ({ row, ...changing })),
  {
    row: 'POST /me/permissions',
    send: { user_id: id, permissions: ['trainings:list'] },
    asks: [[identity.AddSpacePermissions, { userId: id, permissions: ['trainings:list'] }]],
    gives: ['permissions'],
  },
  {
    row: 'POST /users/accept-invite',
    asks: [
      [identity.ListMyInvites, {}],
      [identity.AcceptInvite, { token: id }],
    ],
    gives: ['error'],
  },
  {
    row: 'GET /inference-logs',
    query: `start_date=2026-01-02T03:04:05%2B02:00&end_date=2026-02-01T00:00:00Z&user=${id}&model=acme/one&status=error&type=chat&tag=nightly&correlation_id=job-7&page=3&page_size=10`,
    asks: [[inference.ListRequestsCounted, { ...heard, succeeded: false, tag: 'nightly', offset: 20, limit: 10 }]],
    gives: ['count', 'data', 'has_more'],
  },
  {
    row: 'GET /inference-logs/summary',
    query: `start_date=2026-01-02T03:04:05%2B02:00&end_date=2026-02-01T00:00:00Z&user=${id}&model=acme/one&type=chat&correlation_id=job-7`,
    asks: [[inference.SummarizeRequests, heard]],
    gives: summaryFields,
  },
];

describe('The NeoSpace API', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const call = (row: string) => {
    const [method = '', path = ''] = row.split(' ');
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    return request(world.url)
      [verb](`/v1${path.replace('{id}', id)}`)
      .set('x-space-id', owner.spaceId)
      .auth(owner.token, { type: 'bearer' });
  };

  it.each(cases.map((each) => [each.row, each] as const))('%s', async (_, { row, send, query = '', asks, status = 200, gives }) => {
    const response = await call(row).query(query).send(send);
    expect([response.status, response.body]).toEqual([status, expect.anything()]);
    for (const [operation, input] of asks) expect(world.stubs.last(operation)?.input).toMatchObject(input);
    expect(Object.keys(response.body).sort()).toEqual([...gives].sort());
  });

  it('has a case for every row', () => {
    expect(
      neospace()
        .routes.map(({ method, path }) => `${method} ${path.replace('/v1', '')}`)
        .sort(),
    ).toEqual(cases.map(({ row }) => row).sort());
  });

  it('pages by the last id that a client has seen', async () => {
    const { items } = sample(identity.ListSpaces);
    world.stubs.on(identity.ListSpaces, async () => ({ items }));
    const { body } = await call('GET /spaces').query({ after: id, limit: 1 });
    expect(body).toMatchObject({ count: 1, has_more: false });
    expect(world.stubs.last(identity.ListSpaces)?.input).toMatchObject({ after: id, limit: 1 });
  });

  it('says in one sentence what is wrong', async () => {
    world.stubs.on(identity.GetSpace, async () => refuse({ code: 'SpaceNotFound', details: {} }));
    const missing = await call('GET /spaces/{id}');
    expect([missing.status, missing.body]).toEqual([404, { error: 'Space not found.' }]);
    const malformed = await call('POST /spaces').send({ description: 'x' });
    expect([malformed.status, malformed.body]).toEqual([400, { error: 'name is missing' }]);
    const unknown = await call('POST /spaces/{id}/invite').send({ emails: ['bob@example.com'], roles: ['org:delete'] });
    expect([unknown.status, Object.keys(unknown.body)]).toEqual([400, ['error']]);
    const nobody = await request(world.url).get('/v1/spaces');
    expect([nobody.status, Object.keys(nobody.body)]).toEqual([401, ['error']]);
    const nowhere = await call('GET /nowhere');
    expect([nowhere.status, Object.keys(nowhere.body)]).toEqual([404, ['error']]);
  });

  it('tells of the permissions that its clients know, whatever others somebody has in the space', async () => {
    const member = sample(identity.AddSpacePermissions);
    world.stubs.on(identity.AddSpacePermissions, async () => ({ ...member, permissions: ['runs:read', 'trainings:list'] }));
    const { body } = await call('POST /me/permissions').send({ user_id: id, permissions: ['trainings:list'] });
    expect(body).toEqual({ permissions: ['trainings:list'] });
  });

  it('accepts the invites to spaces that wait for the caller, and says where there is none', async () => {
    const [invite] = sample(identity.ListMyInvites).items;
    world.stubs.on(identity.ListMyInvites, async () => ({ items: invite ? [{ ...invite, space: null }] : [] }));
    const none = await call('POST /users/accept-invite');
    expect([none.status, none.body]).toEqual([404, { error: 'Invite not found.' }]);
    const given = await call('POST /users/accept-invite').send({ token: 'a token' });
    expect(given.status).toBe(200);
    expect(world.stubs.last(identity.AcceptInvite)?.input).toEqual({ token: 'a token' });
  });
});
