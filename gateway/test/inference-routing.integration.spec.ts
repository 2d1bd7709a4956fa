import { inference as contracts, type Operation, type OutputOf, type RequestContext, type RequestOf } from '@orrery/contracts';
import { inference } from '@orrery/inference';
import { type Bus, connectBus } from '@orrery/messaging';
import { type Started, secretsOf, startAll } from '@orrery/process';
import { logOf } from '@orrery/telemetry';
import { asOperator, asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, granted, startNats } from '@orrery/testing';
import { Client } from 'pg';
import { type FollowedRoutes, followRoutes } from '../src/inference/routing/follow-routes.ts';

const secret = '44'.repeat(32);
const operator = contextOf(asOperator);
const customer = contextOf(asOwner('0199a000-0000-7000-8000-000000000001'), { orgId: '0199a000-0000-7000-8000-000000000002' });
const baseUrl = 'http://127.0.0.1:8000/v1';
const target = (upstream: string, weight = 1) => ({ upstream, model: 'llama', weight });

describe('Upstreams and routes', () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let database: FreshDatabase;
  let service: Started;
  let bus: Bus;
  let followed: FollowedRoutes;

  const start = (): Promise<Started> =>
    startAll([inference], {
      ORRERY_POSTGRES_URL: database.url,
      ORRERY_INFERENCE_DATABASE_URL: database.url,
      ORRERY_NATS_URL: nats.url,
      ORRERY_SECRET: secret,
    });

  beforeAll(async () => {
    [nats, database] = await Promise.all([startNats(), freshDatabase('inference')]);
    service = await start();
    bus = await connectBus({ url: nats.url, name: 'test' });
    followed = followRoutes(bus, { log: logOf('test'), gatewayKey: secretsOf(Buffer.from(secret, 'hex'))('upstream-credentials') });
  }, 60_000);

  afterAll(async () => {
    await followed?.close();
    await bus?.close();
    await service?.stop();
    await Promise.all([nats?.stop(), database?.drop()]);
  }, 30_000);

  const ask = async <X extends Operation>(
    operation: X,
    input: RequestOf<X>,
    context: RequestContext = contextOf(asOperator),
  ): Promise<OutputOf<X>> => {
    return granted(await bus.ask(operation, input, context));
  };

  /** What a gateway knows of a model: the upstreams of each way, and what opens them. */
  const known = (model: string) =>
    followed.table
      .ways(model)
      .map(({ targets }) => targets.map(({ upstream: { name }, credential, weight }) => ({ name, credential, weight })));

  it('are known to every gateway within a second, by every name of a model, with what opens them', async () => {
    const set = await ask(contracts.SetUpstream, { name: 'gpu', baseUrl, credential: 'sk-very-secret' });
    expect(set).toMatchObject({ name: 'gpu', kind: 'openai', credentialVersion: 1, concurrency: 256 });
    expect(JSON.stringify(set)).not.toContain('sk-very-secret');
    await ask(contracts.SetRoute, { name: 'llama', models: ['meta/llama', 'llama'], targets: [target('gpu', 3)] });
    const expected = [[{ name: 'gpu', credential: 'sk-very-secret', weight: 3 }]];
    await eventually(() => expect([known('meta/llama'), known('llama')]).toEqual([expected, expected]), { within: 1_000 });
    expect(known('gpt')).toEqual([]);
  });

  it('keep their credential where nothing is said of it, change it, and lose it', async () => {
    await ask(contracts.SetUpstream, { name: 'gpu', baseUrl, concurrency: 4 });
    await eventually(() =>
      expect(followed.table.ways('llama')[0]?.targets[0]).toMatchObject({ concurrency: 4, credential: 'sk-very-secret' }),
    );
    expect((await ask(contracts.SetUpstream, { name: 'gpu', baseUrl, credential: 'sk-another' })).credentialVersion).toBe(2);
    await eventually(() => expect(known('llama')).toEqual([[{ name: 'gpu', credential: 'sk-another', weight: 3 }]]));
    expect((await ask(contracts.SetUpstream, { name: 'gpu', baseUrl, credential: null })).credentialVersion).toBe(0);
    await eventually(() => expect(known('llama')).toEqual([[{ name: 'gpu', credential: undefined, weight: 3 }]]));
  });

  it('lie nowhere in clear: not in the log, not in a view, not in the bucket', async () => {
    await ask(contracts.SetUpstream, { name: 'sealed', baseUrl, credential: 'sk-nowhere-in-clear' });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_schema || '.' || quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of rows) {
      const { rowCount } = await client.query(`SELECT FROM ${name} AS t WHERE t::text LIKE '%nowhere-in-clear%'`);
      expect([name, rowCount]).toEqual([name, 0]);
    }
    await client.end();
    const raw = await eventually(() => followed.table.upstreams.get('sealed'));
    expect(JSON.stringify(raw)).not.toContain('nowhere-in-clear');
  });

  it('fall back to each other, and leave out what is not there', async () => {
    await ask(contracts.SetUpstream, { name: 'cloud', baseUrl });
    await ask(contracts.SetRoute, { name: 'small', models: ['small'], targets: [target('cloud')] });
    await ask(contracts.SetRoute, { name: 'llama', models: ['llama'], targets: [target('gpu'), target('cloud')], fallbacks: ['small'] });
    await eventually(() => expect(known('llama').map((way) => way.map(({ name }) => name))).toEqual([['gpu', 'cloud'], ['cloud']]));
    expect(known('meta/llama')).toEqual([]);
    const inUse = await bus.ask(contracts.RemoveUpstream, { name: 'cloud' }, operator);
    expect(inUse).toMatchObject({ accepted: false, rejection: { code: 'UpstreamInUse' } });
    await ask(contracts.RemoveRoute, { name: 'llama' });
    await eventually(() => expect(known('llama')).toEqual([]));
  });

  it('are listed page by page, and are nobody else’s to see or change', async () => {
    const first = await ask(contracts.ListUpstreams, { limit: 1 });
    expect(first.items.map(({ name }) => name)).toEqual(['cloud']);
    const rest = await ask(contracts.ListUpstreams, { limit: 5, cursor: first.nextCursor });
    expect(rest.items.map(({ name }) => name)).toEqual(['gpu', 'sealed']);
    expect((await ask(contracts.ListRoutes, {})).items.map(({ name }) => name)).toEqual(['small']);
    for (const [operation, input] of [
      [contracts.ListUpstreams, {}],
      [contracts.SetUpstream, { name: 'mine', baseUrl }],
      [contracts.RemoveRoute, { name: 'small' }],
    ] as const) {
      expect(await bus.ask<Operation>(operation, input, customer)).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
    }
  });

  it('are there again when the service has started anew', async () => {
    await service.stop();
    expect(known('small')).toEqual([[{ name: 'cloud', credential: undefined, weight: 1 }]]);
    service = await start();
    await ask(contracts.SetUpstream, { name: 'later', baseUrl });
    await ask(contracts.SetRoute, { name: 'small', models: ['small'], targets: [target('later')] });
    await eventually(() => expect(known('small')[0]?.map(({ name }) => name)).toEqual(['later']));
  }, 60_000);
});
