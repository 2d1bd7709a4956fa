import request from 'supertest';
import { type Person, startWorld, type World } from './fixtures/world.ts';

describe('What goes wrong at the edge of the Lyceum API', () => {
  let world: World;
  let owner: Person;
  let key: string;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
    key = await world.apiKey(owner);
  }, 30_000);
  afterAll(() => world?.stop());

  const theirs = { start: '/api/v2/external/execution/streaming/start', types: '/api/v2/external/machine-types' };
  const bearer = () => ({ authorization: `Bearer ${key}` });
  const post = (path: string) => request(world.url).post(path).set(bearer());

  const detailOf = (response: request.Response, status: number): unknown => {
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(response.body)).toEqual(['detail']);
    expect(response.headers['trace-id']).toMatch(/^[0-9a-f]{32}$/);
    return response.body.detail;
  };

  it('says Not Found and Method Not Allowed as clients know it', async () => {
    expect(detailOf(await request(world.url).get('/api/v2/external/nothing'), 404)).toBe('Not Found');
    const response = await request(world.url).put(theirs.start);
    expect(detailOf(response, 405)).toBe('Method Not Allowed');
    expect(response.headers['allow']).toBe('GET, POST');
  });

  it('lists what is wrong as an HTTPValidationError', async () => {
    const response = await post(theirs.start).send({ timeout: 601, execution_type: 'a b', import_files: '[1' });
    expect(detailOf(response, 422)).toEqual([
      { loc: ['body', 'code'], msg: 'Field required', type: 'missing' },
      { loc: ['body', 'timeout'], msg: 'Input should be less than or equal to 600', type: 'less_than_equal' },
      { loc: ['body', 'import_files'], msg: expect.stringContaining('JSON string'), type: 'json_invalid' },
      { loc: ['body', 'execution_type'], msg: "String should match pattern '^[a-zA-Z0-9_.]+$'", type: 'string_pattern_mismatch' },
    ]);
  });

  it('names a query parameter that is no number', async () => {
    const response = await request(world.url).get('/api/v2/external/logs/user?limit=many').set(bearer());
    expect(detailOf(response, 422)).toEqual([
      { loc: ['query', 'limit'], msg: 'Input should be a valid integer, unable to parse string as an integer', type: 'int_parsing' },
    ]);
  });

  it('wants a body where one is needed', async () => {
    expect(detailOf(await post(theirs.start), 422)).toEqual([{ loc: ['body'], msg: 'Field required', type: 'missing' }]);
  });

  it.each([
    ['no JSON', '{"code": '],
    ['a nest', `{"code":${'['.repeat(100)}`],
  ])('takes %s for a matter of validation', async (_, body) => {
    const response = await post(theirs.start).set('content-type', 'application/json').send(body);
    expect(detailOf(response, 422)).toMatchObject([{ loc: ['body'], type: 'json_invalid' }]);
  });

  it.each([
    ['workerId', 'a machine', 'it is called worker_id here'],
    ['gpus', 2, 'say with execution_type which machine it needs'],
    ['num_nodes', 2, 'say with nodes on how many machines it runs'],
    ['deadline', '2100-01-01T00:00:00Z', 'say with deadline_at when it has to have ended'],
  ])('does not drop %s, which is meant for the scheduler, without a word', async (field, value, mend) => {
    const response = await post(theirs.start).send({ code: 'x', [field]: value });
    expect(detailOf(response, 422)).toEqual([
      { loc: ['body', field], msg: `${field} is no field of this API: ${mend}`, type: 'extra_forbidden' },
    ]);
  });

  it('judges wishes for the scheduler as the platform does, by the names that they have here', async () => {
    const wishes = { nodes: 2, worker_id: '0199a000-0000-7000-8000-000000000001', deadline_at: 'tomorrow' };
    const response = await post(theirs.start).send({ code: 'x', ...wishes });
    expect(detailOf(response, 422)).toMatchObject([{ loc: ['body', 'deadline_at'], msg: 'Input should be a valid datetime' }]);
    const gang = await post(theirs.start).send({ code: 'x', ...wishes, deadline_at: null });
    expect(detailOf(gang, 422)).toMatchObject([{ loc: ['body', 'nodes'], msg: expect.stringContaining('machine of its own') }]);
    const weights = await post(theirs.start).send({ code: 'x', weights: ['../etc'] });
    expect(detailOf(weights, 422)).toMatchObject([{ loc: ['body', 'weights', 0] }]);
  });

  it.each([
    ['requirements_content', 'numpy\n'],
    ['prior_imports', ['import os']],
    ['kernel_state', 'x = 1'],
    ['user_callback_urls', ['https://example.com']],
    ['nbcode', 3],
  ])('does not pretend to know %s', async (field, value) => {
    const response = await post(theirs.start).send({ code: 'print(1)', [field]: value });
    expect(detailOf(response, 422)).toEqual([{ loc: ['body', field], msg: expect.stringContaining(`${field}`), type: 'not_supported' }]);
  });

  it('ignores unknown fields, and empty ones that it does not know yet', async () => {
    const body = { code: 'print(1)', colour: 'red', requirements_content: '', prior_imports: [], nbcode: '0', timeout: '30' };
    const response = await post(theirs.start).send(body);
    expect(response.status).toBe(200);
  });

  it('refuses a detail of invoices that it would not print', async () => {
    const sent = { billing_details: { billing_city: 'London', billing_vat: 'GB1' } };
    const response = await request(world.url).patch(`/api/v2/external/orgs/${owner.slug}`).set(bearer()).send(sent);
    expect(detailOf(response, 422)).toMatchObject([{ loc: ['body', 'billing_details', 'billing_vat'] }]);
  });

  it('calls the fields of an operation as its clients do', async () => {
    const response = await post(theirs.start).send({ code: 'x', import_files: JSON.stringify({ '../up': 'x' }) });
    const msg = 'this name must be otherwise: a relative path without empty parts, . or ..';
    expect(detailOf(response, 422)).toEqual([{ loc: ['body', 'import_files', '../up'], msg, type: 'value_error' }]);
  });

  it('names what is too many', async () => {
    const files = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`f${index}`, '']));
    const response = await post(theirs.start).send({ code: 'x', import_files: JSON.stringify(files) });
    expect(detailOf(response, 422)).toEqual([{ loc: ['body', 'import_files'], msg: 'more than 1000 files', type: 'value_error' }]);
  });

  it.each(['nul \0', 'half \ud800'])('names text that no store can hold: %j', async (text) => {
    const complaint = { msg: expect.stringContaining('cannot be stored'), type: 'string_not_storable' };
    const started = await post(theirs.start).send({ code: 'x', file_name: text });
    expect(detailOf(started, 422)).toEqual([{ loc: ['body', 'file_name'], ...complaint }]);
    const keys = `/api/v2/external/orgs/${owner.slug}/api-keys`;
    const named = await request(world.url).post(keys).auth(owner.token, { type: 'bearer' }).send({ name: text });
    expect(detailOf(named, 422)).toEqual([{ loc: ['body', 'name'], ...complaint }]);
    const ours = await request(world.url).post('/orrery/v1/runs').set(bearer()).send({ code: 'x', fileName: text });
    expect(ours.status).toBe(400);
    expect(ours.body).toMatchObject({ code: 'InvalidInput' });
    expect(JSON.stringify(ours.body)).toContain('remove the NUL characters');
  });

  it('takes an id that cannot be for one that is not', async () => {
    expect(detailOf(await request(world.url).get('/api/v2/external/execution/17').set(bearer()), 404)).toBe('Execution not found.');
  });

  it('answers 401, 403, 413 and 415 with a sentence', async () => {
    expect(detailOf(await request(world.url).get(theirs.types), 401)).toMatch(/Not authenticated/);
    const viewer = await world.person('viewer');
    const forbidden = await request(world.url).post(theirs.start).auth(viewer.token, { type: 'bearer' }).send({ code: 'x' });
    expect(detailOf(forbidden, 403)).toMatch(/runs:create/);
    expect(detailOf(await post(theirs.start).send({ code: 'x'.repeat(2_200_000) }), 413)).toMatch(/2097152/);
    expect(detailOf(await post(theirs.start).type('text/plain').send('x'), 415)).toMatch(/application\/json/);
  });
});
