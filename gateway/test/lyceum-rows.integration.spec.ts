import { billing, catalog, execution, identity, observability } from '@orrery/contracts';
import request from 'supertest';
import { lyceum } from '../src/dialects/lyceum/index.ts';
import { type Case, orgCases } from './fixtures/lyceum-org-cases.ts';
import { sample } from './fixtures/lyceum-samples.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const base = '/api/v2/external';
const id = '0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01';

const whole = 'execution_id created_at execution_type status hardware_profile file_name start_time end_time stdout stderr result'.split(
  ' ',
);
const keyFields = 'id org_id name prefix is_active created_at expires_at last_used_at'.split(' ');

const modelFields = ['model_id', 'name', 'type', 'provider', 'available', 'price_per_1k_tokens', 'supports_sync', 'supports_async'];
const modelDetail = [
  ...modelFields,
  ...['description', 'version', 'gpu_required', 'input_types', 'output_types', 'max_input_tokens', 'max_output_tokens'],
  ...['batch_pricing_discount', 'estimated_latency_ms'],
];
const modelLists = ['/models/', '/models/sync', '/models/async'].map(
  (path): Case => ({
    row: `GET ${path}`,
    asks: [[catalog.ListModels, { limit: 500 }]],
    isList: true,
    gives: modelFields,
  }),
);

const cases: readonly Case[] = [
  ...modelLists,
  {
    row: 'GET /models/type/{type}',
    asks: [[catalog.ListModels, { limit: 500, type: 'text' }]],
    isList: true,
    gives: modelFields,
  },
  { row: 'GET /models/{model_id}', asks: [[catalog.GetModel, { model: id }]], gives: modelDetail },
  { row: 'GET /models/{provider}/{model_id}', asks: [[catalog.GetModel, { model: `orrery/${id}` }]], gives: modelDetail },
  { row: 'GET /models/{model_id}/instances', asks: [[catalog.GetModel, { model: id }]], isList: true, gives: [] },
  {
    row: 'GET /models/{provider}/{model_id}/instances',
    asks: [[catalog.GetModel, { model: `orrery/${id}` }]],
    isList: true,
    gives: [],
  },
  ...orgCases,
  {
    row: 'POST /auth/login',
    send: { email: 'Person@Example.com', password: 'secret', remember: true },
    asks: [[identity.LogIn, { email: 'person@example.com', password: 'secret' }]],
    gives: ['access_token', 'refresh_token', 'user_id', 'email', 'expires_in'],
  },
  {
    row: 'POST /auth/refresh',
    send: { refresh_token: 'r' },
    asks: [[identity.RefreshSession, { refreshToken: 'r' }]],
    gives: ['access_token', 'refresh_token'],
  },
  { row: 'GET /mfa/status', asks: [[identity.GetMfa, {}]], gives: ['enabled', 'enrolled_at'] },
  {
    row: 'POST /mfa/enroll',
    asks: [[identity.EnrollAuthenticator, {}]],
    gives: ['secret', 'qr_code', 'qr_code_url', 'backup_codes'],
  },
  {
    row: 'POST /mfa/verify-enrollment',
    send: { code: '123 456' },
    asks: [[identity.ConfirmAuthenticator, { code: '123456' }]],
    gives: ['success', 'message'],
  },
  {
    row: 'POST /mfa/verify',
    send: { code: 'abcd-2345' },
    asks: [[identity.ShowSecondFactor, { proof: { code: 'ABCD2345' } }]],
    gives: ['success', 'message', 'remaining_backup_codes'],
  },
  {
    row: 'POST /mfa/disable',
    send: { code: '123456' },
    asks: [[identity.DisableMfa, { proof: { code: '123456' } }]],
    gives: ['success', 'message'],
  },
  {
    row: 'POST /mfa/regenerate-backup-codes',
    send: { code: '123456' },
    asks: [[identity.RegenerateBackupCodes, { proof: { code: '123456' } }]],
    gives: ['success', 'message', 'backup_codes'],
  },
  { row: 'DELETE /user/delete', asks: [[identity.DeleteMe, {}]], gives: ['message'] },
  {
    row: 'GET /auth/api-keys/',
    asks: [[identity.ListMyApiKeys, { limit: 500 }]],
    isList: true,
    isWhole: true,
    gives: ['id', 'key_name', 'key_prefix', 'is_active', 'last_used_at', 'created_at', 'expires_at'],
  },
  {
    row: 'POST /auth/api-keys/',
    send: { key_name: 'laptop', expires_at: '2030-01-01T00:00:00+02:00' },
    asks: [[identity.CreateMyApiKey, { name: 'laptop', expiresAt: '2029-12-31T22:00:00.000Z' }]],
    gives: ['api_key', 'id', 'key_name', 'key_prefix', 'created_at', 'expires_at'],
  },
  {
    row: 'POST /auth/api-keys/validate',
    send: { api_key: 'lk_x' },
    asks: [[identity.ValidateApiKey, { key: 'lk_x' }]],
    gives: ['valid', 'user_id', 'org_id', 'api_key_id', 'key_name', 'expires_at'],
  },
  { row: 'DELETE /auth/api-keys/{api_key_id}', asks: [[identity.RevokeMyApiKey, { keyId: id }]], gives: ['message'] },
  {
    row: 'PATCH /auth/api-keys/{api_key_id}/toggle',
    asks: [[identity.ToggleMyApiKey, { keyId: id }]],
    gives: ['id', 'key_name', 'key_prefix', 'is_active', 'last_used_at', 'created_at', 'expires_at'],
  },
  { row: 'GET /orgs/{slug}/balance', asks: [[billing.GetBalance, {}]], gives: ['org_id', 'balance', 'account_suspended'] },
  {
    row: 'GET /orgs/{slug}/transactions',
    query: 'limit=5&offset=10',
    asks: [[billing.ListTransactions, { limit: 5, offset: 10 }]],
    gives: ['transactions', 'total', 'limit', 'offset'],
  },
  { row: 'GET /orgs/{slug}/api-keys', asks: [[identity.ListApiKeys, { limit: 500 }]], isList: true, isWhole: true, gives: keyFields },
  {
    row: 'POST /orgs/{slug}/api-keys',
    send: { name: 'ci' },
    asks: [[identity.CreateApiKey, { name: 'ci' }]],
    gives: ['id', 'org_id', 'name', 'prefix', 'plaintext_key', 'created_at', 'expires_at'],
  },
  {
    row: 'POST /orgs/{slug}/api-keys/{key_id}/regenerate',
    asks: [[identity.RotateApiKey, { keyId: id, overlapSeconds: 0 }]],
    gives: ['id', 'org_id', 'name', 'prefix', 'plaintext_key', 'created_at', 'expires_at'],
  },
  {
    row: 'PATCH /orgs/{slug}/api-keys/{key_id}',
    send: { name: 'cd', is_active: false },
    asks: [[identity.UpdateApiKey, { keyId: id, name: 'cd', isActive: false }]],
    gives: keyFields,
  },
  { row: 'DELETE /orgs/{slug}/api-keys/{key_id}', asks: [[identity.RevokeApiKey, { keyId: id }]], gives: ['message'] },
  {
    row: 'POST /execution/streaming/start',
    send: { code: 'print(1)', execution_type: 'gpu.a100', timeout: 30, import_files: '{"a.py":"x"}', file_name: 'main.py' },
    asks: [
      [execution.SubmitRun, { code: 'print(1)', machineType: 'gpu.a100', timeoutSeconds: 30, files: { 'a.py': 'x' }, fileName: 'main.py' }],
    ],
    gives: ['execution_id', 'status', 'streaming_url'],
  },
  {
    row: 'POST /execution/streaming/start',
    send: {
      code: 'print(1)',
      nodes: '2',
      alternatives: ['gpu.h100'],
      labels: { zone: 'a' },
      group: 'g',
      near: { group: 'g', scope: 'rack' },
      apart: null,
      worker_id: null,
      priority_class: 'urgent',
      preemptible: true,
      deadline_at: '2100-01-01T01:00:00+01:00',
    },
    asks: [
      [
        execution.SubmitRun,
        {
          code: 'print(1)',
          machineType: 'cpu',
          timeoutSeconds: 60,
          nodes: 2,
          alternatives: ['gpu.h100'],
          labels: { zone: 'a' },
          group: 'g',
          near: { group: 'g', scope: 'rack' },
          priorityClass: 'urgent',
          preemptible: true,
          deadlineAt: '2100-01-01T00:00:00.000Z',
        },
      ],
    ],
    gives: ['execution_id', 'status', 'streaming_url'],
  },
  {
    row: 'POST /execution/streaming/abort/{execution_id}',
    asks: [[execution.EndRun, { runId: id, mode: 'abort' }]],
    gives: ['execution_id', 'status', 'message'],
  },
  {
    row: 'POST /workloads/abort/{execution_id}',
    asks: [[execution.EndRun, { runId: id, mode: 'abort' }]],
    gives: ['execution_id', 'status', 'message'],
  },
  {
    row: 'POST /workloads/stop/{execution_id}',
    asks: [[execution.EndRun, { runId: id, mode: 'stop' }]],
    gives: ['execution_id', 'status', 'message'],
  },
  {
    row: 'GET /workloads/list',
    asks: [[execution.ListRuns, { limit: 500 }]],
    isList: true,
    gives: ['execution_id', 'status', 'file_name', 'hardware_profile', 'execution_type', 'created_at', 'execution_owner'],
  },
  {
    row: 'GET /execution/streaming/{execution_id}/status',
    asks: [[execution.GetRun, { runId: id }]],
    gives: ['execution_id', 'status', 'errors'],
  },
  {
    row: 'GET /execution/{execution_id}',
    asks: [
      [execution.GetRun, { runId: id }],
      [observability.GetRunOutput, { runId: id }],
      [billing.GetUsageOfRuns, { runIds: [id] }],
    ],
    gives: whole,
  },
  {
    row: 'GET /execution/{execution_id}/timing',
    asks: [[execution.GetRun, { runId: id }]],
    gives: ['execution_id', 'start_time', 'end_time', 'duration'],
  },
  {
    row: 'GET /execution/{execution_id}/metrics',
    query: 'start=2026-01-01T00:00:00Z&step=1m',
    asks: [[observability.QueryRunMetrics, { runId: id, start: '2026-01-01T00:00:00.000Z', stepSeconds: 60 }]],
    gives: ['executionId', 'hostname', 'timeRange', 'gpuUtilizationPercent', 'systemCpuUsagePercent'],
  },
  {
    row: 'GET /execution/{execution_id}/explain',
    asks: [[execution.ExplainRun, { runId: id }]],
    gives: ['execution_id', 'status', 'as_of', 'summary', 'waiting', 'placement'],
  },
  {
    row: 'GET /execution/{execution_id}/history',
    asks: [[execution.GetRunHistory, { runId: id }]],
    gives: ['execution_id', 'items', 'total'],
  },
  {
    row: 'GET /logs/execution/{execution_id}',
    query: 'limit=10',
    asks: [
      [execution.GetRun, { runId: id }],
      [observability.QueryRunLogs, { runId: id, limit: 10, hours: 24 }],
    ],
    gives: ['logs', 'total'],
  },
  { row: 'GET /logs/user', asks: [[observability.QueryOrgLogs, { limit: 100, hours: 1 }]], gives: ['logs', 'total'] },
  {
    row: 'GET /environment-variables/',
    asks: [[execution.ListVariables, { limit: 500 }]],
    isWhole: true,
    gives: ['environment_variables'],
  },
  {
    row: 'POST /environment-variables/',
    send: [
      { name: 'A', value: 'a' },
      { key: 'B', value: 'b', is_secret: false },
    ],
    asks: [
      [
        execution.SetVariables,
        {
          variables: [
            { name: 'A', value: 'a', isSecret: true },
            { name: 'B', value: 'b', isSecret: false },
          ],
        },
      ],
    ],
    gives: ['environment_variables'],
  },
  {
    row: 'DELETE /environment-variables/{env_var_id}',
    asks: [[execution.RemoveVariable, { variableId: id }]],
    gives: ['message'],
  },
  { row: 'DELETE /environment-variables/', asks: [[execution.RemoveAllVariables, {}]], gives: ['message'] },
  { row: 'GET /machine-types', asks: [[catalog.ListMachineTypes, { limit: 500 }]], gives: ['machine_types', 'count'] },
  { row: 'GET /pricing', asks: [[catalog.GetPriceBook, {}]], gives: ['prices'] },
  { row: 'GET /user/quotas', asks: [[catalog.ListMachineTypes, { limit: 500 }]], gives: ['quotas'] },
  {
    row: 'GET /user/quotas/available-hardware',
    asks: [[execution.ListAvailableMachineTypes, {}]],
    gives: ['available_hardware_profiles'],
  },
  {
    row: 'GET /billing/credits',
    asks: [[billing.GetBalance, {}]],
    gives: ['available_credits', 'used_credits', 'total_credits_used', 'remaining_credits', 'monthly_free_credits', 'purchased_credits'],
  },
  {
    row: 'GET /billing/credits/details',
    asks: [
      [identity.GetMe, {}],
      [billing.GetBalance, {}],
    ],
    gives: ['user_id', 'email', 'available_credits', 'used_credits', 'total_credits_used', 'created_at', 'last_updated'],
  },
  {
    row: 'GET /user/status',
    asks: [
      [identity.GetMe, {}],
      [billing.GetBalance, {}],
    ],
    gives: ['user_id', 'org_id', 'email', 'full_name', 'created_at', 'is_active', 'active_api_keys_count', 'credit_balance', 'status'],
  },
  {
    row: 'GET /billing/history',
    query: 'offset=3',
    asks: [
      [execution.CountRuns, { limit: 50, offset: 3 }],
      [billing.ListUsage, { limit: 1, offset: 0 }],
      [billing.GetUsageOfRuns, { runIds: [id] }],
    ],
    gives: ['executions', 'total_executions', 'total_credits_spent', 'limit', 'offset', 'counts_by_status'],
  },
  { row: 'GET /billing/activities', asks: [[billing.ListTransactions, { limit: 10, offset: 0 }]], gives: ['activities', 'total'] },
];

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
