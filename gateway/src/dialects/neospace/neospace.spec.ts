import { identity, type OutputOf, permissions } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import { edgeFailure, invalidInput, refusal } from '../../failure.ts';
import { neospaceError } from './error.ts';
import { neospace } from './index.ts';
import { listOf, Pages } from './pages.ts';
import { space } from './spaces.ts';
import { namesOf, standing, user } from './users.ts';

const at = '2026-01-02T03:04:05.678Z';
const id = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';
const where = { path: '/v1/spaces', traceId: undefined };
const sampleOf = <X extends typeof identity.GetSpace | typeof identity.GetMe>(operation: X): OutputOf<X> =>
  operation.output.parse(sampleValue(operation.output, 'output')) as OutputOf<X>;

describe('A space', () => {
  it('has the fields of the published API and no others', () => {
    expect(space(sampleOf(identity.GetSpace))).toEqual({
      created_at: at,
      created_by: id,
      description: 'sample',
      id,
      name: 'sample',
      updated_at: at,
      updated_by: id,
    });
  });
});

describe('A person', () => {
  it.each([
    ['Ada Lovelace', 'Ada', 'Lovelace'],
    ['Ada King of Lovelace', 'Ada', 'King of Lovelace'],
    ['  Ada  ', 'Ada', ''],
    [null, '', ''],
  ])('called %s has two names there', (name, first_name, last_name) => {
    expect(namesOf(name)).toEqual({ first_name, last_name });
  });

  it('has the fields of the published API', () => {
    expect(user({ ...sampleOf(identity.GetMe), name: 'Ada Lovelace' })).toMatchObject({
      email: 'sample',
      external_id: '',
      first_name: 'Ada',
      id,
      last_name: 'Lovelace',
    });
  });

  it('stands where the request is made', () => {
    const spaces = [{ id: identity.SpaceId.parse(id), orgId: id, name: 'Labs', permissions: [] }];
    const shown = { permissions: ['trainings:get'], spaces: [{ id, name: 'Labs' }] };
    expect(standing({ permissions: ['trainings:get'], occupation: null, spaces })).toEqual({ ...shown, role: 'developer' });
    expect(standing({ permissions: ['trainings:get'], occupation: 'designer', spaces })).toEqual({ ...shown, role: 'designer' });
  });

  it('is told the permissions that the published API names, and no others', () => {
    const { permissions: told } = standing({ permissions: [...permissions], occupation: null, spaces: [] });
    expect(told).toEqual(permissions.filter((each) => /^(benchmarks|evaluations|leaderboards|trainings|data-models):/.test(each)));
    expect(told).toHaveLength(15);
  });
});

describe('A list', () => {
  it('counts what it holds, and says whether there is more', () => {
    expect(listOf({ items: [1, 2], nextCursor: 'x' }, (item) => item)).toEqual({ count: 2, data: [1, 2], has_more: true });
    expect(listOf({ items: [] }, (item) => item)).toEqual({ count: 0, data: [], has_more: false });
  });

  it.each([
    [{}, { limit: 10, after: undefined }],
    [{ after: '""' }, { limit: 10, after: undefined }],
    [{ after: '' }, { limit: 10, after: undefined }],
    [
      { after: id, limit: '3' },
      { limit: 3, after: id },
    ],
  ])('asked for with %j is asked for with %j', (given, read) => {
    expect(Pages.parse(given)).toEqual(read);
  });

  it.each([{ limit: '0' }, { limit: 'many' }, { limit: '501' }])('is refused with %j', (given) => {
    expect(Pages.safeParse(given).success).toBe(false);
  });
});

describe('An error', () => {
  it('is one sentence', () => {
    const { body, status } = neospaceError(refusal(identity.GetSpace, { code: 'SpaceNotFound', details: {} }), where);
    expect({ body, status }).toEqual({ body: { error: 'Space not found.' }, status: undefined });
    expect(neospaceError(edgeFailure('NotAMember'), where).body).toEqual({ error: 'Not a member of this organization.' });
  });

  it('names what is malformed, with 400', () => {
    const issues = [
      { in: 'body' as const, path: ['name'], detail: 'is missing', mend: '' },
      { in: 'body' as const, path: [], detail: 'is not an object', mend: '' },
    ];
    expect(neospaceError(invalidInput(issues), where).body).toEqual({ error: 'name is missing; body is not an object' });
    expect(neospaceError(refusal(identity.GetSpace, { code: 'IdempotencyKeyReused', details: {} }), where).status).toBe(400);
  });
});

describe('The table', () => {
  it('updates with PUT and PATCH alike, and names a space where the path does', () => {
    const routes = neospace().routes.map(({ method, path, spaceField }) => `${method} ${path}${spaceField ? ` in ${spaceField}` : ''}`);
    for (const route of [
      'PUT /v1/spaces/{id} in id',
      'PATCH /v1/spaces/{id} in id',
      'GET /v1/spaces',
      'POST /v1/spaces/{id}/invite in id',
    ]) {
      expect(routes).toContain(route);
    }
  });
});
